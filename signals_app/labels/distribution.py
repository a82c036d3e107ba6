"""How the labels of a signal are spread over time: by minute, by hour, by day of a time zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.core.exceptions import ValidationError

from core.time_range.windows import Window, ceil, floor
from signals_app.labels import counts, outcomes
from signals_app.models import Outcome, Signal

STEPS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
MOST_BUCKETS = 1_500
#: Up to here hours are told apart, if nothing else is asked for.
BY_HOUR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Bucket:
    """unlabelled: targets by kind of outcome (labels/outcomes.py). weights: for how many targets
    each label stands (labels/weights.py)."""

    start: datetime
    labels: Counter[str] = field(default_factory=Counter)
    unlabelled: Counter[str] = field(default_factory=Counter)
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """From `start` (included) to `end` (excluded), all buckets whole and none left out."""

    start: datetime
    end: datetime
    bucket: str
    buckets: list[Bucket]

    @property
    def labels(self) -> Counter[str]:
        return sum((bucket.labels for bucket in self.buckets), Counter())

    @property
    def weights(self) -> dict[str, float]:
        """For how many targets the labels of all buckets stand."""
        found: dict[str, float] = {}
        for bucket in self.buckets:
            for name, weight in bucket.weights.items():
                found[name] = found.get(name, 0.0) + weight
        return found

    @property
    def unlabelled(self) -> Counter[str]:
        return sum((bucket.unlabelled for bucket in self.buckets), Counter())


def distribution(
    signal: Signal, start: datetime, end: datetime, bucket: str = "", zone: tzinfo = UTC
) -> Distribution:
    """Return the counts of the buckets that [start, end) touches, with empty ones.

    bucket: a key of STEPS, or "" for what suits the stretch. zone: whose midnights part the days.
    Raises ValidationError by field: bucket.
    """
    chosen = bucket or ("hour" if end - start <= BY_HOUR else "day")
    if chosen not in STEPS:
        raise ValidationError({"bucket": [f"Choose one of {', '.join(STEPS)}."]})
    if (end - start) / STEPS[chosen] > MOST_BUCKETS:
        words = f"That is more than {MOST_BUCKETS:,} buckets. Choose longer ones or fewer days."
        raise ValidationError({"bucket": [words]})
    edges = _days(start, end, zone) if chosen == "day" else _even(start, end, STEPS[chosen])
    buckets = [Bucket(edge) for edge in edges[:-1]]
    for index, outcome, kind, n, weight in counts.between_edges(
        signal.project_id, signal.pk, edges
    ):
        if outcome == Outcome.LABELLED:
            buckets[index].labels[kind] += n
            buckets[index].weights[kind] = weight
        else:
            buckets[index].unlabelled[outcomes.kind(outcome, kind)] += n
    return Distribution(edges[0], edges[-1], chosen, buckets)


def _even(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    window = Window(floor(start, step), ceil(end, step), step)
    return [*window.buckets, window.end]


def _days(start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """Return the midnights of a zone around a stretch of time; a day may have 23 or 25 hours."""
    day = start.astimezone(zone).date()
    midnights: list[datetime] = []
    while not midnights or midnights[-1] < end:
        midnights.append(datetime.combine(day, time.min, zone).astimezone(UTC))
        day += timedelta(days=1)
    return midnights


def shares(weights: Mapping[str, float], names: Iterable[str]) -> dict[str, float]:
    """Return which part each name has of the targets that the labels stand for; nothing where there
    are none."""
    total = sum(weights.values())
    return {name: weights.get(name, 0.0) / total for name in names} if total else {}
