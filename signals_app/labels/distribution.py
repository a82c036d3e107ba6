"""How a signal's labels are spread over a stretch of time, by minute, hour or day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from core.time_range.windows import Window, ceil, floor
from signals_app.labels import counts, outcomes
from signals_app.labels.breakdown import Count
from signals_app.models import Outcome, Signal

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
#: The longest stretch that is told by such buckets: at most 1,500 of them.
LONGEST = {
    "minute": timedelta(days=1),
    "hour": timedelta(days=60),
    "day": timedelta(days=400),
}


@dataclass(slots=True)
class Bucket:
    """What counted from `start` to the next bucket; unlabelled: by kind of outcome."""

    start: datetime
    labels: Counter[str] = field(default_factory=Counter)
    unlabelled: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Distribution:
    """start and end: those asked for, widened to whole minutes or hours. buckets: all of the
    stretch, also those without labels."""

    start: datetime
    end: datetime
    buckets: list[Bucket]

    @property
    def labels(self) -> Counter[str]:
        return sum((bucket.labels for bucket in self.buckets), Counter())

    @property
    def unlabelled(self) -> Counter[str]:
        return sum((bucket.unlabelled for bucket in self.buckets), Counter())

    @property
    def shares(self) -> dict[str, float]:
        """Of all labels: what has none stays out of it."""
        labels = self.labels
        n = labels.total()
        return {name: count / n for name, count in labels.items()} if n else {}


def distribution(
    signal: Signal, start: datetime, end: datetime, bucket: str, zone: ZoneInfo
) -> Distribution:
    """Count a signal's classifications in [start, end).

    bucket: minute, hour or day; days are those of `zone`. Counts are kept by the hour, so that in
    a zone that is off by a part of one, the hour of midnight belongs to the day that it begins in.
    Raises ValidationError with messages by field: bucket, end, start.
    """
    _check(start, end, bucket)
    step = MINUTE if bucket == "minute" else HOUR
    window = Window(floor(start, step), ceil(end, step), step)
    begin: Callable[[datetime], datetime] = (
        (lambda moment: _midnight(moment, zone)) if bucket == "day" else (lambda moment: moment)
    )
    buckets = {at: Bucket(at) for at in dict.fromkeys(begin(moment) for moment in window.buckets)}
    _fill(buckets, counts.in_window(signal.project_id, [signal.pk], window), begin)
    return Distribution(window.start, window.end, list(buckets.values()))


def _fill(
    buckets: dict[datetime, Bucket],
    counted: Iterable[Count],
    begin: Callable[[datetime], datetime],
) -> None:
    for count in counted:
        bucket = buckets[begin(count.bucket)]
        if count.outcome == Outcome.LABELLED:
            bucket.labels[count.label] += count.n
        else:
            bucket.unlabelled[outcomes.kind(count.outcome, count.label)] += count.n


def _midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the begin of the day of the zone in which the moment lies."""
    local = moment.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _check(start: datetime, end: datetime, bucket: str) -> None:
    errors: dict[str, list[str]] = {}
    if bucket not in LONGEST:
        errors["bucket"] = [f"Choose one of {', '.join(LONGEST)}."]
    if start >= end:
        errors["end"] = ["The end must come after the beginning."]
    if not errors and end - start > LONGEST[bucket]:
        days = LONGEST[bucket].days
        errors["start"] = [f"By the {bucket}, at most {days} day{'s' if days > 1 else ''}."]
    if errors:
        raise ValidationError(errors)
