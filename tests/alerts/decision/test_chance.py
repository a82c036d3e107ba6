"""False firings by chance: the figures of the simulation that the guard was chosen by."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.decision.chance import (
    Dice,
    binomial,
    false_firings,
    poisson,
    under_chance,
)
from alerts.decision.decide import Verdict, read
from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.decision.series import Series, Stretch, VersionSeries, minute_number

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ALWAYS: list[Stretch] = [(NOON - 60 * DAY, NOON + DAY)]


def rule(**changes: Any) -> Rule:
    given: dict[str, Any] = {
        "metric": Metric.TRUE_RATE,
        "comparison": Comparison.PCT_CHANGE,
        "operator": Operator.GTE,
        "threshold": 50.0,
        "window": 5 * MINUTE,
        "guard": False,
    }
    return Rule(**(given | changes))


def steady(a_minute: int, hits_in_100: int, days: int = 7, rate: float = 1.0) -> Series:
    """The same number of labels every minute, and of every 100 labels so many hits."""
    first, last = minute_number(NOON - (days + 4) * DAY), minute_number(NOON)
    counts = []
    for minute in range(first, last):
        before, after = minute * a_minute, (minute + 1) * a_minute
        counts.append((minute, a_minute, after * hits_in_100 // 100 - before * hits_in_100 // 100))
    return Series((VersionSeries.of(1, rate, counts),))


@pytest.mark.parametrize(
    ("hits_in_100", "a_window", "bare"),
    [(10, 20, 0.27), (10, 50, 0.27), (10, 100, 0.20), (10, 200, 0.10), (5, 100, 0.29)],
)
def test_windows_of_no_change_that_look_like_half_as_much_again(
    hits_in_100: int, a_window: int, bare: float
) -> None:
    """Independent pairs of windows, as they were simulated when the guard was chosen."""
    watched = rule(guard=True)
    series = steady(a_window // 5, hits_in_100, days=60)
    past = series.tally(NOON - 60 * DAY, NOON)
    dice = Dice.of(past, 60 * DAY, random.Random(7))
    drawn = under_chance(watched, series, dice, NOON - 60 * DAY, NOON)
    found = [
        read(watched, drawn.windows(watched, NOON - index * 10 * MINUTE, ALWAYS)).verdict
        for index in range(60 * 144 - 1)
    ]
    met, held = (found.count(verdict) / len(found) for verdict in (Verdict.MET, Verdict.HELD))
    assert met + held == pytest.approx(bare, abs=0.025)
    assert met <= 0.03


def month(watched: Rule, series: Series, days: float = 7) -> float | None:
    found = false_firings(watched, series, NOON - days * DAY, NOON, ALWAYS)
    if found is None:
        return None
    return found.guarded if watched.guard else found.bare


def test_the_guard_leaves_few_of_them() -> None:
    found = false_firings(rule(), steady(10, 10), NOON - 7 * DAY, NOON, ALWAYS)
    assert found is not None
    assert found.bare > 1000
    assert found.guarded < found.bare / 5
    assert month(rule(), steady(10, 10)) == found.bare
    assert month(rule(guard=True), steady(10, 10)) == found.guarded


def test_the_same_traffic_gives_the_same_answer() -> None:
    assert month(rule(), steady(10, 10)) == month(rule(), steady(10, 10))


def test_a_higher_threshold_fires_less() -> None:
    found = [month(rule(threshold=at), steady(10, 10)) or 0.0 for at in (20.0, 50.0, 100.0, 400.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"metric": Metric.LABEL_VOLUME}, id="a volume"),
        pytest.param({"metric": Metric.VALUE_COUNT, "label": "true"}, id="a count"),
    ],
)
def test_counts_vary_by_chance_too(change: dict[str, Any]) -> None:
    watched = rule(**change)
    bare, guarded = (
        month(watched, steady(2, 50)),
        month(replace(watched, guard=True), steady(2, 50)),
    )
    assert bare is not None
    assert guarded is not None
    assert bare > 2 * guarded > 0


def test_what_is_sampled_varies_as_much_as_its_labels_do() -> None:
    watched = rule(metric=Metric.LABEL_VOLUME)
    assert month(watched, steady(2, 50)) == pytest.approx(
        month(watched, steady(2, 50, rate=0.1)), rel=0.2
    )


@pytest.mark.parametrize(
    ("series", "stretches"),
    [
        pytest.param(Series(), ALWAYS, id="no labels"),
        pytest.param(steady(1, 0), ALWAYS, id="no hits"),
        pytest.param(steady(10, 10), [], id="never active"),
        pytest.param(steady(10, 10), [(NOON - MINUTE, NOON)], id="active for less than a window"),
    ],
)
def test_too_little_traffic_says_nothing(series: Series, stretches: list[Stretch]) -> None:
    assert false_firings(rule(), series, NOON - 7 * DAY, NOON, stretches) is None


def test_a_short_past_is_drawn_again_and_again() -> None:
    week, day = month(rule(), steady(10, 10)), month(rule(), steady(10, 10), days=1)
    assert week == pytest.approx(day, rel=0.15)


def test_the_tables_are_the_distributions() -> None:
    assert binomial(2, 0.5) == pytest.approx([0.25, 0.75, 1])
    assert binomial(2, 0) == [1, 1, 1]
    assert binomial(2, 1) == [0, 0, 1]
    assert poisson(1.0)[:3] == pytest.approx([0.3679, 0.7358, 0.9197], abs=1e-4)


def test_many_labels_a_minute_are_drawn_too() -> None:
    dice = Dice(random.Random(1), 0.5, 10_000.0, 1.0, {})
    assert dice.labels() == pytest.approx(10_000, rel=0.05)
    assert dice.hits(10_000) == pytest.approx(5000, rel=0.05)
