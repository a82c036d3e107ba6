"""A day, looked at minute by minute as it passed, and the backtest over the same day, agree."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.decision import decide
from alerts.decision.backtest import Event, replay
from alerts.decision.decide import Action, Reading, State
from alerts.decision.rule import Rule
from alerts.evaluation import evaluating, window_counts
from alerts.models import Alert, Firing
from signals_app.definition import activity, states, versions
from signals_app.models import Signal
from tests.alerts.watched import alert_of, count, signal_since

DAY_BEGINS = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MINUTES = 24 * 60

CONDITIONS: list[dict[str, Any]] = [
    {"threshold": 20.0},
    {"threshold": 20.0, "window": "30m", "guard": True},
    {"threshold": 50.0, "window": "15m", "cooldown_min": 60},
    {"threshold": -30.0, "operator": "lte", "window": "1h", "min_labels": 20},
    {"comparison": "absolute", "threshold": 0.5, "window": "10m", "cooldown_min": 15},
    {"comparison": "absolute", "threshold": 0.4, "window": "1h", "guard": True},
    {"metric": "label_volume", "threshold": 40.0, "window": "30m"},
    {"metric": "label_volume", "threshold": -40.0, "operator": "lte", "window": "1h"},
    {"metric": "label_volume", "comparison": "absolute", "threshold": 60.0, "cooldown_min": 60},
    {"metric": "label_volume", "comparison": "absolute", "operator": "lte", "threshold": 4.0},
    {"metric": "value_count", "label": "true", "threshold": 100.0, "window": "1h", "guard": True},
    {"metric": "value_share", "label": "false", "threshold": -20.0, "operator": "lte",
     "window": "6h"},
    {"metric": "value_share", "label": "true", "threshold": 25.0, "window": "48h"},
]  # fmt: skip

#: Moment and numbers of one firing.
Numbers = tuple[datetime, float | None, float | None, float | None, int, int | None]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # in one transaction dead rows would pile up
def test_a_day_minute_by_minute_is_what_the_backtest_says(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = a_signal_with_a_day()
    alerts = [alert_of(signal, **{"guard": False} | condition) for condition in CONDITIONS]
    suppressed = spy_on_suppressions(monkeypatch)
    for minute in range(1, MINUTES + 1):
        evaluating.evaluate_all(DAY_BEGINS + minute * MINUTE + timedelta(seconds=11))
    fired = 0
    for alert in alerts:
        result = replayed(signal, alert)
        assert live_firings(alert) == [numbers(event) for event in result.firings], alert.rule
        assert suppressed.get(alert.rule, []) == [event.at for event in result.suppressed]
        fired += len(result.firings)
    assert fired > 50
    assert sum(len(moments) for moments in suppressed.values()) > 5


def a_signal_with_a_day() -> Signal:
    """Three days of traffic with quiet hours, bursts and bad hours; on the last of them another
    sample rate from eleven on, and a pause in the afternoon."""
    signal = signal_since(DAY_BEGINS - 9 * 24 * HOUR)
    chance = random.Random(11)
    live = signal.live_version
    assert live is not None
    traffic(signal, chance, -4 * MINUTES, 11 * 60, rate=1.0)
    states.pause(signal, None, DAY_BEGINS + 15 * HOUR + timedelta(seconds=20))
    states.resume(signal, None, DAY_BEGINS + 16 * HOUR + timedelta(seconds=40))
    made = versions.add(
        signal, type=live.type, prompt="Again?", labels=live.labels, sample_rate=0.5
    )
    type(made).objects.filter(pk=made.pk).update(created_at=DAY_BEGINS + 11 * HOUR)
    traffic(signal, chance, 11 * 60, 15 * 60, rate=0.5)
    traffic(signal, chance, 16 * 60 + 1, MINUTES, rate=0.5)
    return signal


def traffic(signal: Signal, chance: random.Random, first: int, last: int, rate: float) -> None:
    """Up to six targets a minute; every fifth hour is bad, every seventh quiet or silent."""
    found = []
    for minute in range(first, last):
        hour = minute // 60
        targets = chance.randint(0, 6) * (4 if hour % 9 == 4 else 1)
        targets = targets if hour % 7 else (0 if hour % 2 else min(targets, 1))
        share = 0.6 if hour % 5 == 3 else 0.2
        given = [chance.random() < share for _ in range(targets) if chance.random() < rate]
        at = DAY_BEGINS + minute * MINUTE + timedelta(seconds=chance.randrange(60))
        found += [(at, "true", sum(given)), (at, "false", len(given) - sum(given))]
    count(signal, [each for each in found if each[2]])


def spy_on_suppressions(monkeypatch: pytest.MonkeyPatch) -> dict[Rule, list[datetime]]:
    found: dict[Rule, list[datetime]] = {}

    def step(rule: Rule, state: State, reading: Reading, at: datetime) -> tuple[State, Action]:
        after, action = decide.step(rule, state, reading, at)
        if action is Action.SUPPRESS:
            found.setdefault(rule, []).append(at)
        return after, action

    monkeypatch.setattr(evaluating, "step", step)
    return found


def replayed(signal: Signal, alert: Alert) -> Any:
    rule, until = alert.rule, DAY_BEGINS + MINUTES * MINUTE
    begin = DAY_BEGINS - rule.reach
    series = window_counts.series(signal, rule.watched, begin, until)
    active = activity.stretches([signal.pk], begin, until + HOUR)[signal.pk]
    assert len(active) == 2
    return replay(rule, series, DAY_BEGINS, until, active)


def numbers(event: Event) -> Numbers:
    one = event.reading
    return event.at, one.value, one.baseline, one.change_pct, one.labels, one.labels_before


def live_firings(alert: Alert) -> list[Numbers]:
    rows = Firing.objects.filter(alert=alert).order_by("at")
    names = ("at", "value", "baseline", "change_pct", "labels", "labels_before")
    return list(rows.values_list(*names))
