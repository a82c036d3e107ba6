"""Where an alert would have fired: the live evaluation, once for every minute of the past. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.decision.decide import Action, Missing, Reading, State, Verdict, read, step
from alerts.decision.rule import Rule
from alerts.decision.series import MINUTE, Series, Stretch, floor, is_active

ASLEEP = Reading(Verdict.NOT_EVALUABLE, Missing.NOT_ACTIVE)
#: What the guard holds back counts here as true.
BARE_MET = Reading(Verdict.MET)


@dataclass(frozen=True, slots=True)
class Point:
    """One minute. line: what `value` has to reach, in its own unit; None where it is unknown."""

    at: datetime
    value: float | None
    baseline: float | None
    line: float | None
    verdict: Verdict
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class Event:
    """A minute at which something happened, and the reading that made it."""

    at: datetime
    reading: Reading


@dataclass(frozen=True, slots=True)
class Backtest:
    """suppressed: it would have fired, but for the cooldown. held: the rule without its guard
    would have fired, and the guard held it back.

    missing: minutes that could not be evaluated, by the reason; NOT_ACTIVE holds those, too, at
    which the signal slept.
    """

    points: tuple[Point, ...]
    firings: tuple[Event, ...]
    suppressed: tuple[Event, ...]
    held: tuple[Event, ...]
    missing: Mapping[Missing, int]


def replay(
    rule: Rule, series: Series, since: datetime, until: datetime, stretches: Sequence[Stretch]
) -> Backtest:
    """Evaluate the rule at the end of every minute of [since, until), beginning as a new alert.

    series: from `since` less the rule's reach on, counts of the rule's watched label; stretches:
    when the signal was active in that time.
    """
    points: list[Point] = []
    events: dict[Action, list[Event]] = {Action.FIRE: [], Action.SUPPRESS: []}
    held: list[Event] = []
    state, bare = State(), State()
    for at, reading in readings(rule, series, since, until, stretches):
        points.append(_point(rule, at, reading))
        state, action = step(rule, state, reading, at)
        if action is not Action.NOTHING:
            events[action].append(Event(at, reading))
        bare, bare_action = step(rule, bare, unguarded(reading), at)
        if bare_action is Action.FIRE and reading.verdict is Verdict.HELD:
            held.append(Event(at, reading))
    missing = Counter(point.missing for point in points if point.missing)
    fired, suppressed = (tuple(events[each]) for each in (Action.FIRE, Action.SUPPRESS))
    return Backtest(tuple(points), fired, suppressed, tuple(held), dict(missing))


def readings(
    rule: Rule, series: Series, since: datetime, until: datetime, stretches: Sequence[Stretch]
) -> Iterator[tuple[datetime, Reading]]:
    for at in minutes(since, until):
        if is_active(stretches, at):
            yield at, read(rule, series.windows(rule, at, stretches))
        else:
            yield at, ASLEEP


def unguarded(reading: Reading) -> Reading:
    """Return the reading as the same rule without its guard would see it."""
    return BARE_MET if reading.verdict is Verdict.HELD else reading


def minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the moments at which the minutes of [since, until) end."""
    at = floor(since) + MINUTE
    while at <= until:
        yield at
        at += MINUTE


def _point(rule: Rule, at: datetime, reading: Reading) -> Point:
    line = _line(rule, reading.baseline)
    return Point(at, reading.value, reading.baseline, line, reading.verdict, reading.missing)


def _line(rule: Rule, baseline: float | None) -> float | None:
    if not rule.is_change:
        return rule.threshold
    return baseline * (1 + rule.threshold / 100) if baseline else None
