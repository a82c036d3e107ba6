"""Whoever is killed, wherever it stands: a message is late, and never lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from alerts.delivery.enqueueing import owe
from alerts.models import Alert, Delivery, Kind
from tests.alerts.owed import connected, fire, new_alert, tell
from tests.fake_slack import FakeSlack
from tests.fake_smtp import FakeSmtp
from tests.fake_webhook import Answer, FakeWebhook
from tests.server import OWN_ENVIRONMENT, Worker, test_database_url, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FIRINGS = 40
#: A sender that is killed where the test says, as by `kill -9`.
SENDER = """
import os, signal, time
import django
django.setup()
from django.utils import timezone
from alerts.delivery import sending
def die(*_):
    time.sleep(1)  # the other channels' threads come to their end
    os.kill(os.getpid(), signal.SIGKILL)
if PLACE:
    setattr(sending, PLACE, die)
sending.send_due(timezone.now())
"""


def environment(
    smtp: FakeSmtp, slack: FakeSlack, webhook: FakeWebhook, lease_s: int = 300
) -> dict[str, str]:
    given = {"DELIVERY_LEASE_S": str(lease_s), "SLACK_API_URL": slack.url, **OWN_ENVIRONMENT}
    database = {"DATABASE_URL": test_database_url()}
    return os.environ | given | database | smtp.environment | webhook.environment


def send(place: str, given: dict[str, str]) -> int:
    """In a process of its own, which dies at `place`; its exit code."""
    code = SENDER.replace("PLACE", repr(place))
    words = [sys.executable, "-c", code]
    return subprocess.run(words, cwd=Path(settings.BASE_DIR), env=given, check=False).returncode


def alert_that_tells(webhook: FakeWebhook) -> Alert:
    alert = new_alert()
    connected(alert.project.team)
    tell(alert, Kind.EMAIL)
    tell(alert, Kind.SLACK, "C1")
    tell(alert, Kind.WEBHOOK, webhook.url)
    return alert


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


@pytest.mark.parametrize(
    ("place", "arrivals"),
    [
        pytest.param("_prepare", 1, id="claimed and not sent: it arrives once"),
        pytest.param("_record", 2, id="sent and not recorded: it arrives again, and says so"),
    ],
)
def test_a_sender_that_dies_is_replaced_when_its_lease_is_over(place: str, arrivals: int) -> None:
    now = timezone.now()
    with FakeSmtp() as smtp, FakeSlack() as slack, FakeWebhook() as webhook:
        given = environment(smtp, slack, webhook)
        owe([fire(alert_that_tells(webhook))], now)
        assert send(place, given) == -signal.SIGKILL
        assert states() == {"sending": 3}
        assert send("", given) == 0  # the lease still runs
        assert states() == {"sending": 3}
        Delivery.objects.update(lease_until=timezone.now())  # spares waiting for it
        assert send("", given) == 0
        assert states() == {"sent": 3}
        assert len(smtp.messages) == len(slack.posted) == len(webhook.requests) == arrivals
        assert len({message["Message-ID"] for message in smtp.messages}) == 1
        assert len({request.headers["webhook-id"] for request in webhook.requests}) == 1


def test_whatever_is_killed_in_a_real_worker_every_message_arrives() -> None:
    now = timezone.now()
    with FakeSmtp() as smtp, FakeSlack() as slack, FakeWebhook() as webhook:
        webhook.answer = Answer(wait_s=0.3)
        alert = alert_that_tells(webhook)
        with Worker(test_database_url(), environment(smtp, slack, webhook, lease_s=5)) as worker:
            for index in range(FIRINGS):
                owe([fire(alert, now - timedelta(minutes=index))], now)
            wait_until(lambda: states()["sent"] > 3, 60, f"the first messages ({worker.output})")
            assert kill_some(worker.pid) >= 5
            wait_until(
                lambda: states()["sent"] == 3 * FIRINGS, 180, f"all of them ({worker.output})"
            )
        attempts = {
            f"msg_{uuid}": tries
            for uuid, tries in Delivery.objects.filter(kind=Kind.WEBHOOK).values_list(
                "uuid", "attempts"
            )
        }
        arrived = Counter(request.headers["webhook-id"] for request in webhook.requests)
        assert set(arrived) == set(attempts)
        # Twice only what was being sent when its sender died.
        assert all(arrived[key] <= attempts[key] for key in arrived)
        mails = Counter(message["Message-ID"] for message in smtp.messages)
        assert len(mails) == FIRINGS
        assert len(slack.posted) >= FIRINGS
    connection.close()


def kill_some(worker_pid: int) -> int:
    chance, killed = random.Random(7), 0
    for _ in range(8):
        family = psutil.Process(worker_pid).children(recursive=True)
        if family and states()["sent"] < 3 * FIRINGS - 10:
            chance.choice(family).kill()
            killed += 1
            time.sleep(1)
    return killed
