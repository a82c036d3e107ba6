"""What a backtest goes through, on a signal as it is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.evaluation import backtesting
from tests.alerts.watched import alert_of, signal_since

MINUTE_BEGINS = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.django_db
@pytest.mark.parametrize("second", [0, 9, 10, 59])
def test_a_week_until_now_has_as_many_minutes_at_every_second(second: int) -> None:
    now = MINUTE_BEGINS + timedelta(seconds=second)
    signal = signal_since(now - 2 * WEEK)
    done = backtesting.replay(signal, alert_of(signal).rule, now - WEEK, now, now)
    assert len(done.found.points) == 7 * 24 * 60


@pytest.mark.django_db
def test_a_stretch_of_the_past_is_gone_through_as_it_was_given() -> None:
    now = MINUTE_BEGINS + timedelta(seconds=5)
    signal = signal_since(now - 2 * WEEK)
    since, until = MINUTE_BEGINS - WEEK, MINUTE_BEGINS - timedelta(days=1)
    done = backtesting.replay(signal, alert_of(signal).rule, since, until, now)
    assert (done.since, len(done.found.points)) == (since, 6 * 24 * 60)
