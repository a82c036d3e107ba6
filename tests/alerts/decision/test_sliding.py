"""The sliding evaluation of minute after minute equals counting all rows anew at each of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.decision.backtest import ASLEEP, replay
from alerts.decision.decide import Action, Reading, State, Windows, read, step
from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.decision.series import Series, Stretch, VersionSeries, minute_number
from alerts.decision.tally import Part, Tally

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LENGTH = 40  # minutes that are replayed; as many lie before them
NAMES = ("true", "false", "failed")

#: A version: its sample rate, and which labels it may give.
Version = tuple[float, frozenset[str]]
#: A classification: the second at which it was counted, of which version, its label.
Row = tuple[int, int, str]

versions = st.lists(
    st.tuples(
        st.sampled_from([0.05, 0.1, 0.5, 1.0]),
        st.sampled_from([frozenset(NAMES), frozenset(NAMES[:2])]),
    ),
    min_size=1,
    max_size=3,
)
rows = st.lists(
    st.tuples(
        st.integers(-LENGTH * 60, LENGTH * 60 - 1), st.integers(0, 2), st.sampled_from(NAMES)
    ),
    max_size=120,
)
stretches = st.lists(st.integers(-90, 90), max_size=6, unique=True).map(
    lambda cuts: (
        [(NOON + a * MINUTE, NOON + b * MINUTE) for a, b in paired(sorted(cuts))]
        or [(NOON - timedelta(days=1), NOON + timedelta(days=1))]
    )
)


def paired(cuts: list[int]) -> list[tuple[int, int]]:
    return list(zip(cuts[::2], cuts[1::2], strict=False))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    metric = draw(st.sampled_from(Metric))
    comparison = draw(st.sampled_from(Comparison))
    is_fraction = comparison is Comparison.ABSOLUTE and metric.is_share
    thresholds = [0.1, 0.5, 0.9] if is_fraction else [-50.0, -20.0, 0.0, 1.0, 20.0, 100.0]
    return Rule(
        metric=metric,
        comparison=comparison,
        operator=draw(st.sampled_from(Operator)),
        threshold=draw(st.sampled_from(thresholds)),
        window=draw(st.sampled_from([5, 10, 15])) * MINUTE,
        label=draw(st.sampled_from(NAMES)) if metric.needs_label else "",
        min_labels=draw(st.sampled_from([0, 0, 2, 5])),
        cooldown=draw(st.sampled_from([0, 0, 3, 15])) * MINUTE,
        guard=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(rule=rules(), made=versions, found=rows, active=stretches)
def test_the_backtest_equals_a_recount_at_every_minute(
    rule: Rule, made: list[Version], found: list[Row], active: list[Stretch]
) -> None:
    kept = [row for row in found if row[1] < len(made) and row[2] in made[row[1]][1]]
    until = NOON + LENGTH * MINUTE
    result = replay(rule, series_of(rule, made, kept), NOON, until, active)
    state, fired, suppressed = State(), [], []
    for point, minute in zip(result.points, range(1, LENGTH + 1), strict=True):
        at = NOON + minute * MINUTE
        reading = brute_force(rule, made, kept, active, at)
        assert (point.at, point.value, point.baseline) == (at, reading.value, reading.baseline)
        assert (point.verdict, point.missing) == (reading.verdict, reading.missing)
        state, action = step(rule, state, reading, at)
        fired += [(at, reading)] if action is Action.FIRE else []
        suppressed += [at] if action is Action.SUPPRESS else []
    assert [(event.at, event.reading) for event in result.firings] == fired
    assert [event.at for event in result.suppressed] == suppressed


def series_of(rule: Rule, made: list[Version], found: list[Row]) -> Series:
    """As the database would group them."""
    by_version: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for second, version, name in found:
        cell = by_version[version][minute_number(NOON + timedelta(seconds=second))]
        cell[0] += 1
        cell[1] += name == rule.watched
    return Series(
        tuple(
            VersionSeries.of(
                version,
                made[version][0],
                ((minute, n, hits) for minute, (n, hits) in sorted(cells.items())),
                rule.watched == "" or rule.watched in made[version][1],
            )
            for version, cells in by_version.items()
        )
    )


def brute_force(
    rule: Rule, made: list[Version], found: list[Row], active: list[Stretch], at: datetime
) -> Reading:
    """Every row again, and no function of the series."""
    if not any(start <= at < end for start, end in active):
        return ASLEEP
    middle, first = at - rule.window, at - 2 * rule.window
    now, is_covered = recount(rule, made, found, active, middle, at)
    before, was_covered = recount(rule, made, found, active, first, middle)
    if not rule.is_change:
        return read(rule, Windows(now, None, is_covered))
    return read(rule, Windows(now, before, is_covered, was_covered))


def recount(
    rule: Rule,
    made: list[Version],
    found: list[Row],
    active: list[Stretch],
    start: datetime,
    end: datetime,
) -> tuple[Tally, bool]:
    inside = [row for row in found if start <= NOON + timedelta(seconds=row[0]) < end]
    is_covered = any(begin <= start and end <= stop for begin, stop in active)
    parts: list[Part] = []
    for index, (rate, names) in enumerate(made):
        own = [name for _, version, name in inside if version == index]
        knows = not rule.watched or rule.watched in names
        if own and not knows and rule.metric is Metric.VALUE_COUNT:
            is_covered = False
        if own and (knows or not rule.metric.is_share):
            parts.append(Part(index, rate, len(own), own.count(rule.watched), knows))
    return Tally(tuple(parts)), is_covered
