"""Where an alert would have fired, by hand-made minutes. Each test is a small story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.decision.backtest import Backtest, replay
from alerts.decision.decide import Missing, Verdict
from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.decision.series import Series, Stretch, VersionSeries, covers, is_active, minute_number

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALWAYS: list[Stretch] = [(NOON - timedelta(days=9), NOON + timedelta(days=9))]


def rule(**changes: Any) -> Rule:
    given: dict[str, Any] = {
        "metric": Metric.LABEL_VOLUME,
        "comparison": Comparison.ABSOLUTE,
        "operator": Operator.GTE,
        "threshold": 10.0,
        "window": 5 * MINUTE,
    }
    return Rule(**(given | changes))


def series(*labels: int, rate: float = 1.0, share: float = 0.0, start: int = 0) -> Series:
    """Labels of the minutes from `start` after noon on."""
    first = minute_number(NOON) + start
    counts = [(first + i, n, round(n * share)) for i, n in enumerate(labels) if n]
    return Series((VersionSeries.of(1, rate, counts),))


def after(events: Any) -> list[int]:
    return [(event.at - NOON) // MINUTE for event in events]


def run(watched: Rule, seen: Series, minutes: int, stretches: list[Stretch] = ALWAYS) -> Backtest:
    return replay(watched, seen, NOON, NOON + minutes * MINUTE, stretches)


def test_it_looks_once_at_the_end_of_every_minute() -> None:
    found = run(rule(), Series(), 3)
    assert [point.at - NOON for point in found.points] == [MINUTE, 2 * MINUTE, 3 * MINUTE]


def test_it_fires_when_the_window_is_full_enough_and_once_while_it_stays() -> None:
    found = run(rule(), series(0, 6, 6, 0, 0, 0, 0, 0), 9)
    assert after(found.firings) == [3]
    assert [point.value for point in found.points] == [0, 6, 12, 12, 12, 12, 6, 0, 0]
    assert {point.line for point in found.points} == {10.0}


def test_what_comes_back_within_the_cooldown_is_suppressed() -> None:
    found = run(rule(cooldown=15 * MINUTE), series(12, *[0] * 7, 12, *[0] * 20), 28)
    assert (after(found.firings), after(found.suppressed)) == ([1], [9])


def test_the_line_of_a_change_moves_with_what_was_before() -> None:
    watched = rule(comparison=Comparison.PCT_CHANGE, threshold=50.0, guard=False)
    found = run(watched, series(*[2] * 20, *[4] * 5, start=-10), 15)
    assert found.missing == {}
    assert [point.line for point in found.points[9:11]] == [15, 15]
    assert after(found.firings) == [13]  # (2+2+4+4+4) after 10 is 60 % more


def test_a_change_needs_something_before_it() -> None:
    watched = rule(comparison=Comparison.PCT_CHANGE, threshold=500.0, guard=False)
    found = run(watched, series(*[2] * 10), 10)
    assert found.missing == {Missing.NO_LABELS_BEFORE: 5}


def test_what_the_guard_holds_back_is_told_apart() -> None:
    watched = rule(comparison=Comparison.PCT_CHANGE, threshold=50.0, guard=True)
    found = run(watched, series(*[2] * 20, *[4] * 5, start=-10), 15)
    assert (after(found.firings), after(found.held)) == ([], [13])
    assert found.points[12].verdict is Verdict.HELD


def test_minutes_at_which_the_signal_slept_are_not_looked_at() -> None:
    paused = [(ALWAYS[0][0], NOON + 2 * MINUTE), (NOON + 6 * MINUTE, ALWAYS[0][1])]
    watched = rule(operator=Operator.LTE, threshold=5.0)
    found = run(watched, series(*[9] * 2, *[0] * 4, *[9] * 6), 12, paused)
    # Few labels are no news until a whole window lies behind the resumption.
    assert found.missing == {Missing.NOT_ACTIVE: 9}
    assert after(found.firings) == []
    assert [point.value for point in found.points[2:5]] == [None] * 3


def test_a_new_sample_rate_moves_no_volume() -> None:
    old = series(*[10] * 10)
    new = series(*[1] * 10, rate=0.1, start=10)
    both = Series((*old.versions, *[VersionSeries.of(2, 0.1, v.counts()) for v in new.versions]))
    watched = rule(
        comparison=Comparison.PCT_CHANGE, operator=Operator.LTE, threshold=-5.0, guard=False
    )
    found = run(watched, both, 20)
    assert after(found.firings) == []
    assert {point.value for point in found.points[9:]} == {50}


def test_a_label_that_an_edit_brings_does_not_grow_out_of_nothing() -> None:
    first, second = (
        VersionSeries.of(1, 1.0, [(minute_number(NOON) + i, 10, 0) for i in range(8)], knows=False),
        VersionSeries.of(2, 1.0, [(minute_number(NOON) + i, 10, 2) for i in range(8, 30)]),
    )
    watched = rule(
        metric=Metric.VALUE_COUNT,
        label="failed",
        comparison=Comparison.PCT_CHANGE,
        threshold=50.0,
        guard=False,
    )
    found = run(watched, Series((first, second)), 30)
    assert after(found.firings) == []
    assert found.points[-1].value == 10


def test_a_version_that_cannot_give_the_label_is_not_in_its_share() -> None:
    first = VersionSeries.of(1, 1.0, [(minute_number(NOON), 90, 0)], knows=False)
    second = VersionSeries.of(2, 1.0, [(minute_number(NOON) + 1, 10, 5)])
    watched = rule(metric=Metric.VALUE_SHARE, label="failed", threshold=0.9)
    found = run(watched, Series((first, second)), 2)
    assert [point.value for point in found.points] == [None, 0.5]


def test_a_window_is_covered_by_one_stretch_alone() -> None:
    parted = [(NOON, NOON + 5 * MINUTE), (NOON + 6 * MINUTE, NOON + 9 * MINUTE)]
    assert covers(parted, NOON, NOON + 5 * MINUTE)
    assert not covers(parted, NOON, NOON + 7 * MINUTE)
    assert is_active(parted, NOON)
    assert not is_active(parted, NOON + 5 * MINUTE)
