"""Under which rate a target is included: its version's, lowered by what held when it began.

A target is in or out by the moment in which it began, whenever it is asked about: also when it
has grown and is judged again, and when the factor is another one by then. So each target has one
chance of being included, which stands with its label, and 1 / rate weighs it rightly (the
estimator of Horvitz and Thompson). Only a budget that is spent stops everything at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

Stretch = tuple[datetime, datetime]
#: Since when, and the factor, oldest first.
Steps = Sequence[tuple[datetime, float]]

#: The steps of some projects since a moment, and the one that held at it.
_STEPS: Final = """
SELECT project_id, since, factor FROM signals_app_ratestep
WHERE project_id = ANY(%(projects)s) AND since > %(since)s
UNION ALL (
    SELECT DISTINCT ON (project_id) project_id, since, factor FROM signals_app_ratestep
    WHERE project_id = ANY(%(projects)s) AND since <= %(since)s
    ORDER BY project_id, since DESC)
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Factors:
    """By which factors the rates of projects were lowered, and when."""

    steps: Mapping[int, Steps]

    def at(self, project_id: int, moment: datetime) -> float:
        """Return the factor of a moment: 1 before the first step."""
        steps = self.steps.get(project_id, ())
        place = bisect_right(steps, moment, key=lambda step: step[0])
        return steps[place - 1][1] if place else 1.0

    def since(self, project_id: int, moment: datetime) -> datetime | None:
        """Return since when the factor of a moment holds; None: since ever."""
        steps = self.steps.get(project_id, ())
        place = bisect_right(steps, moment, key=lambda step: step[0])
        return steps[place - 1][0] if place else None

    def stopped(self, project_id: int, start: datetime, end: datetime) -> list[Stretch]:
        """Return the stretches of [start, end) in which nothing was judged."""
        found: list[Stretch] = []
        steps = self.steps.get(project_id, ())
        ends = [since for since, _ in steps[1:]] + [end]
        for (since, factor), until in zip(steps, ends, strict=bool(steps)):
            begin, stop = max(since, start), min(until, end)
            if factor == 0 and begin < stop:
                found.append((begin, stop))
        return found

    def least(self, project_id: int, start: datetime, end: datetime) -> float:
        """Return the lowest factor of [start, end)."""
        inside = [factor for since, factor in self.steps.get(project_id, ()) if start < since < end]
        return min([self.at(project_id, start), *inside])


def factors_of(project_ids: Collection[int], since: datetime) -> Factors:
    """Read the factors of projects from a moment on, with the one that held at it."""
    steps: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, {"projects": list(project_ids), "since": since})
        for project_id, at, factor in cursor.fetchall():
            steps[project_id].append((at, factor))
    return Factors(dict(steps))


def without(stretches: Sequence[Stretch], stopped: Sequence[Stretch]) -> list[Stretch]:
    """Return stretches less those in which nothing was judged; both in order. Pure."""
    kept = list(stretches)
    for begin, end in stopped:
        cut: list[Stretch] = []
        for start, stop in kept:
            if start < min(begin, stop):
                cut.append((start, min(begin, stop)))
            if max(end, start) < stop:
                cut.append((max(end, start), stop))
        kept = cut
    return kept
