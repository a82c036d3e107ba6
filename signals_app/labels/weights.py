"""For how many targets a label stands: the inverse of its chance of having been looked at.

A live label was included at the rate that stands with it. A manual run looks at the same hash
order up to a rate of its own: where one has gone over a stretch of time to its end, a target had
the chance of the higher of both rates, whichever of them judged it. Sums of 1 / chance are unbiased
for counts (Horvitz and Thompson, 1952), their quotients nearly so for shares (Hájek, 1971).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum

from signals_app.models import Run, Source


@dataclass(frozen=True, slots=True)
class Cover:
    """A run that looked at all targets of [start, end) below its rate."""

    version_id: int
    start: datetime
    end: datetime
    rate: float


@dataclass(frozen=True, slots=True)
class Some:
    """`n` targets of one stretch of time that were included alike."""

    version_id: int
    source: str
    rate: float
    n: int


def covers_of(
    project_id: int, signal_ids: Collection[int], start: datetime, end: datetime
) -> list[Cover]:
    """Return the runs that have gone over some of [start, end) to their end."""
    runs = Run.objects.filter(project=project_id, signal__in=signal_ids, state=Run.State.DONE)
    overlapping = runs.filter(start__lt=end, end__gt=start)
    rows = overlapping.values_list("version_id", "start", "end", "sample_rate")
    return [Cover(*row) for row in rows]


def chance(some: Some, start: datetime, end: datetime, covers: Iterable[Cover]) -> float:
    """Return the chance of a target of [start, end); a run counts that covers half of it."""
    half = (end - start) / 2
    rates = [
        each.rate
        for each in covers
        if each.version_id == some.version_id
        and min(each.end, end) - max(each.start, start) >= half
    ]
    return max([some.rate, *rates])


def weight(some: Sequence[Some], start: datetime, end: datetime, covers: Sequence[Cover]) -> float:
    """Return for how many targets of [start, end) these stand."""
    by_chance: dict[float, int] = defaultdict(int)
    for each in some:
        by_chance[chance(each, start, end, covers)] += each.n
    return fsum(n / rate for rate, n in sorted(by_chance.items()))


def needs_covers(some: Iterable[Some]) -> bool:
    """Say whether runs have had a part in it: without any, nobody need look for them."""
    return any(each.source == Source.RUN for each in some)
