"""An alert that tells by every channel, and the servers that its messages go to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from alerts.models import Alert, Kind
from tests.alerts.owed import connected, new_alert, tell
from tests.fake_slack import FakeSlack
from tests.fake_smtp import FakeSmtp
from tests.fake_webhook import FakeWebhook


@dataclass
class Servers:
    smtp: FakeSmtp
    slack: FakeSlack
    webhook: FakeWebhook


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def servers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    monkeypatch.setattr("alerts.delivery.slack.TIMEOUT_S", 1)
    monkeypatch.setattr("core.http.outbound.post.__defaults__", (1.0,))
    with FakeSmtp() as smtp, FakeSlack() as slack, FakeWebhook() as webhook:
        for server in (smtp, slack, webhook):
            server.use(settings)
        yield Servers(smtp, slack, webhook)


@pytest.fixture
def alert(servers: Servers) -> Alert:
    """Which tells by every channel."""
    made = new_alert()
    connected(made.project.team)
    tell(made, Kind.EMAIL)
    tell(made, Kind.SLACK, "C1", address_name="#support")
    tell(made, Kind.WEBHOOK, f"{servers.webhook.url}hook")
    return made
