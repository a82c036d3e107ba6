"""The labels of one signal, cut into windows. Pure.

Both the live evaluation and the backtest make `decide.Windows` here, from the same counts: one
window at a time out of sums from the database, or any number of them out of a `Series`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.decision.decide import Windows
from alerts.decision.rule import Metric, Rule
from alerts.decision.tally import Part, Tally
from core.time_range.unix_time import EPOCH

MINUTE = timedelta(minutes=1)
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class VersionSeries:
    """The minutes in which one version gave labels under one rate, ascending, counted from EPOCH;
    `labels` and `hits` are the sums before each of them, and one element longer: the last is of
    all."""

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

    def parts(self, *cuts: int) -> list[Part]:
        """Sum up the windows between the minutes `cuts`, which ascend: each from its first minute
        to before the next cut."""
        places = [bisect_left(self.minutes, cut) for cut in cuts]
        return [
            Part(
                self.version_id,
                self.rate,
                self.labels[high] - self.labels[low],
                self.hits[high] - self.hits[low],
                self.knows,
            )
            for low, high in pairwise(places)
        ]

    def reaches_into(self, first: int, last: int) -> bool:
        """False: it gave no labels in [first, last)."""
        return bool(self.minutes) and self.minutes[0] < last and first <= self.minutes[-1]

    def counts(self) -> Iterable[tuple[int, int, int]]:
        """Return the counts as `of` takes them."""
        for index, minute in enumerate(self.minutes):
            labels = self.labels[index + 1] - self.labels[index]
            yield minute, labels, self.hits[index + 1] - self.hits[index]


@dataclass(frozen=True, slots=True)
class Series:
    """The counts of one signal by minute, and of the one label that is watched."""

    versions: tuple[VersionSeries, ...] = ()

    def tally(self, start: datetime, end: datetime) -> Tally:
        """Sum up all labels in [start, end), whole minutes."""
        cuts = minute_number(start), minute_number(end)
        return Tally.of(part for version in self.versions for part in version.parts(*cuts))

    def windows(self, rule: Rule, at: datetime, stretches: Sequence[Stretch]) -> Windows:
        """Return what `rule` looks at when the minute `at` begins; stretches as `windows` takes
        them."""
        end, length = minute_number(at), rule.window // MINUTE
        if not rule.is_change:
            parts = self._parts(end - length, end)
            return windows(rule, at, stretches, [now for (now,) in parts], None)
        both = self._parts(end - 2 * length, end - length, end)
        now, before = [last for _, last in both], [first for first, _ in both]
        return windows(rule, at, stretches, now, before)

    def _parts(self, *cuts: int) -> list[list[Part]]:
        return [
            version.parts(*cuts)
            for version in self.versions
            if version.reaches_into(cuts[0], cuts[-1])
        ]


def windows(
    rule: Rule,
    at: datetime,
    stretches: Sequence[Stretch],
    now: Sequence[Part],
    before: Sequence[Part] | None,
) -> Windows:
    """stretches: when the signal was active, in order. before: None unless the rule compares."""
    middle = at - rule.window
    is_covered = covers(stretches, middle, at) and _all_know(rule, now)
    if before is None:
        return Windows(_tally(rule, now), None, is_covered)
    was_covered = covers(stretches, middle - rule.window, middle) and _all_know(rule, before)
    return Windows(_tally(rule, now), _tally(rule, before), is_covered, was_covered)


def covers(stretches: Sequence[Stretch], start: datetime, end: datetime) -> bool:
    """Say whether all of [start, end) lies in one of the stretches: they do not touch each
    other."""
    for begin, stop in stretches:  # noqa: SIM110 (a generator costs more, 100,000 times)
        if begin <= start and end <= stop:
            return True
    return False


def is_active(stretches: Sequence[Stretch], at: datetime) -> bool:
    for begin, stop in stretches:  # noqa: SIM110
        if begin <= at < stop:
            return True
    return False


def minute_number(moment: datetime) -> int:
    return (moment - EPOCH) // MINUTE


def minute_at(number: int) -> datetime:
    return EPOCH + number * MINUTE


def floor(moment: datetime) -> datetime:
    """Return the whole minute at or before a moment."""
    return minute_at(minute_number(moment))


def _tally(rule: Rule, parts: Sequence[Part]) -> Tally:
    """Sum up the versions; one that cannot give the label has no share of it, not a share of
    zero."""
    if rule.metric.is_share:
        return Tally.of([part for part in parts if part.knows])
    return Tally.of(parts)


def _all_know(rule: Rule, parts: Sequence[Part]) -> bool:
    """Say whether all versions know the label: where it was not among the answers it cannot be
    counted, and would seem to grow out of nothing when an edit brings it."""
    if rule.metric is not Metric.VALUE_COUNT:
        return True
    return all(part.knows or not part.labels for part in parts)
