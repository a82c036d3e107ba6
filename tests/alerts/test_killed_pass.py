"""kill -9 in the middle of a pass: nothing is lost, nothing is said twice."""

from __future__ import annotations

import os
import signal as signals
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from alerts.evaluation.evaluating import evaluate_all
from alerts.models import Alert, Delivery, Destination, Firing
from runner.child_process import manage
from tests.alerts.watched import alert_of, count, signal_since
from tests.server import OWN_ENVIRONMENT, test_database_url
from tests.traces.arrivals import member

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOW = NOON + 5 * MINUTE + timedelta(seconds=20)

#: The firing and its deliveries are written, and the process dies before the commit.
DIES = f"""
import os
from datetime import datetime
from alerts.evaluation import evaluating
from alerts.delivery.enqueueing import owe
def and_die(firings, now):
    assert owe(firings, now) == 1
    os.kill(os.getpid(), 9)
evaluating.owe = and_die
evaluating.evaluate_all(datetime.fromisoformat("{NOW.isoformat()}"))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_pass_that_is_killed_before_its_end_is_as_if_it_had_not_been() -> None:
    signal = signal_since(NOON - timedelta(days=9))
    member(signal.project)
    alert = alert_of(signal, metric="label_volume", comparison="absolute", threshold=10.0)
    Destination.objects.create(alert=alert, kind="email")
    count(signal, [(NOON + MINUTE, "true", 12)])
    given = os.environ | OWN_ENVIRONMENT | {"DATABASE_URL": test_database_url()}
    ended = subprocess.run(
        manage("shell", "-v0", "-c", DIES), env=given, capture_output=True, text=True, check=False
    )
    assert ended.returncode == -signals.SIGKILL, ended.stderr
    alert.refresh_from_db()
    assert (alert.evaluated_at, alert.met_at) == (None, None)
    assert (Firing.objects.count(), Delivery.objects.count()) == (0, 0)
    assert [evaluate_all(NOW).fired, evaluate_all(NOW).fired] == [1, 0]
    assert (Firing.objects.count(), Delivery.objects.count()) == (1, 1)
    assert Alert.objects.get().fired_at == NOON + 5 * MINUTE
