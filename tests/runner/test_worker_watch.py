"""The web process tells that no worker is left, and sends that itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from alerts.models import Incident
from core.background import heartbeats
from runner.worker_watch import WorkerWatch
from tests.fake_smtp import FakeSmtp
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mail(settings: Any) -> Iterator[FakeSmtp]:
    with FakeSmtp() as server:
        server.use(settings)
        yield server


def waited_for(condition: Any) -> bool:
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_an_owner_is_told_while_no_worker_runs_and_when_one_is_back(mail: FakeSmtp) -> None:
    project = new_project()
    member(project, "owner", email="owner@example.org")
    new_signal(new_agent(project))
    heartbeats.write("sweep", timezone.now() - timedelta(minutes=6))
    watch = WorkerWatch(every_s=0.1)
    watch.start()
    try:
        assert waited_for(lambda: len(mail.messages) == 1)
        heartbeats.write("sweep", timezone.now())
        assert waited_for(lambda: len(mail.messages) == 2)
    finally:
        watch.stop()
    assert mail.recipients == ["owner@example.org"] * 2
    assert "No worker is running" in mail.messages[0]["Subject"]
    assert mail.messages[1]["Subject"].strip() == "Over: No worker is running"
    assert Incident.objects.open().count() == 0
