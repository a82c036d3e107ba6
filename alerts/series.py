"""The labels of one signal, cut into windows. Pure.

Both the live evaluation and the backtest make `decide.Windows` here, from the same counts: one
window at a time out of sums from the database, or any number of them out of a `Series`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.decide import Windows
from alerts.rule import Metric, Rule
from alerts.tally import Part, Tally

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Given:
    """What one version gave in one window.

    knows: the label that is watched is among its answers.
    """

    part: Part
    knows: bool = True


@dataclass(frozen=True, slots=True)
class VersionSeries:
    """The minutes in which one version gave labels, ascending, counted from EPOCH; `labels` and
    `hits` are the sums before each of them, and one element longer: the last is of all."""

    version_id: int
    rate: float
    knows: bool
    minutes: Sequence[int]
    labels: Sequence[int]
    hits: Sequence[int]

    @classmethod
    def of(
        cls,
        version_id: int,
        rate: float,
        counts: Iterable[tuple[int, int, int]],
        knows: bool = True,
    ) -> VersionSeries:
        """counts: minute, labels and hits, in the order of minutes."""
        minutes, labels, hits = [], [0], [0]
        for minute, n, hit in counts:
            minutes.append(minute)
            labels.append(labels[-1] + n)
            hits.append(hits[-1] + hit)
        return cls(version_id, rate, knows, minutes, labels, hits)

    def given(self, first: int, last: int) -> Given:
        """last: the minute before which the window ends."""
        low, high = bisect_left(self.minutes, first), bisect_left(self.minutes, last)
        labels = self.labels[high] - self.labels[low]
        return Given(
            Part(self.version_id, self.rate, labels, self.hits[high] - self.hits[low]), self.knows
        )

    def counts(self) -> Iterable[tuple[int, int, int]]:
        """As `of` takes them."""
        for index, minute in enumerate(self.minutes):
            labels = self.labels[index + 1] - self.labels[index]
            yield minute, labels, self.hits[index + 1] - self.hits[index]


@dataclass(frozen=True, slots=True)
class Series:
    """The counts of one signal by minute, and of the one label that is watched."""

    versions: tuple[VersionSeries, ...] = ()

    def given(self, start: datetime, end: datetime) -> list[Given]:
        first, last = minute_number(start), minute_number(end)
        return [version.given(first, last) for version in self.versions]

    def tally(self, start: datetime, end: datetime) -> Tally:
        """Of all labels in [start, end), whole minutes."""
        return Tally.of(one.part for one in self.given(start, end))

    def windows(self, rule: Rule, at: datetime, stretches: Sequence[Stretch]) -> Windows:
        """What `rule` looks at when the minute `at` begins; stretches as `windows` takes them."""
        middle = at - rule.window
        before = self.given(middle - rule.window, middle) if rule.is_change else None
        return windows(rule, at, stretches, self.given(middle, at), before)


def windows(
    rule: Rule,
    at: datetime,
    stretches: Sequence[Stretch],
    now: Sequence[Given],
    before: Sequence[Given] | None,
) -> Windows:
    """stretches: when the signal was active, in order. before: None unless the rule compares."""
    middle = at - rule.window
    is_covered = covers(stretches, middle, at) and _all_know(rule, now)
    if before is None:
        return Windows(_tally(rule, now), None, is_covered)
    was_covered = covers(stretches, middle - rule.window, middle) and _all_know(rule, before)
    return Windows(_tally(rule, now), _tally(rule, before), is_covered, was_covered)


def covers(stretches: Sequence[Stretch], start: datetime, end: datetime) -> bool:
    """All of [start, end) lies in one of them: they do not touch each other."""
    return any(begin <= start and end <= stop for begin, stop in stretches)


def is_active(stretches: Sequence[Stretch], at: datetime) -> bool:
    return any(begin <= at < stop for begin, stop in stretches)


def minute_number(moment: datetime) -> int:
    return (moment - EPOCH) // MINUTE


def minute_at(number: int) -> datetime:
    return EPOCH + number * MINUTE


def _tally(rule: Rule, given: Sequence[Given]) -> Tally:
    """A version that cannot give the label has no share of it, not a share of zero."""
    if rule.metric.is_share:
        return Tally.of(one.part for one in given if one.knows)
    return Tally.of(one.part for one in given)


def _all_know(rule: Rule, given: Sequence[Given]) -> bool:
    """A label cannot be counted where it was not among the answers: it would seem to grow out of
    nothing when an edit brings it."""
    if rule.metric != Metric.VALUE_COUNT:
        return True
    return all(one.knows or not one.part.labels for one in given)
