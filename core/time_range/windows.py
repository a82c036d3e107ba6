"""A stretch of time cut into even buckets: what every chart and count is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

Value = TypeVar("Value")

PRESETS = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
LONGEST = timedelta(days=400)
MOST_BUCKETS = 60
STEPS = [timedelta(minutes=m) for m in (1, 5, 10, 15, 30, 60, 180, 360, 720, 1440, 10080)]
#: Moments that may be asked for: far from where datetime ends, so that nothing overflows.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2500, 1, 1, tzinfo=UTC)
EPOCH = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday: buckets of a week start on one


@dataclass(frozen=True)
class Window:
    """From `start` (included) to `end` (excluded), in buckets of `step` aligned in UTC."""

    start: datetime
    end: datetime
    step: timedelta

    @classmethod
    def covering(cls, start: datetime, end: datetime) -> Window:
        """Return the smallest aligned window over both moments, in at most about 60 buckets."""
        step = step_for(end - start)
        return cls(floor(start, step), ceil(end, step), step)

    @classmethod
    def last(cls, length: timedelta, now: datetime) -> Window:
        """Return the window of that length, up to and with the bucket that is filling at `now`."""
        step = step_for(length)
        end = floor(now, step) + step
        return cls(end - length, end, step)

    @property
    def buckets(self) -> list[datetime]:
        """The start of each bucket, oldest first."""
        count = (self.end - self.start) // self.step
        return [self.start + index * self.step for index in range(count)]

    def fill(self, values: Mapping[datetime, Value], empty: Value) -> list[Value]:
        """Return one value a bucket, `empty` where `values` has none."""
        return [values.get(bucket, empty) for bucket in self.buckets]

    def filling(self, now: datetime) -> list[bool]:
        """Say of each bucket whether it is not over yet."""
        return [bucket + self.step > now for bucket in self.buckets]


def step_for(length: timedelta) -> timedelta:
    """Return the finest step that cuts `length` into at most 60 buckets."""
    return next((step for step in STEPS if length <= MOST_BUCKETS * step), STEPS[-1])


def floor(moment: datetime, step: timedelta) -> datetime:
    """Return the begin of the step that the moment is in."""
    return EPOCH + (moment - EPOCH) // step * step


def ceil(moment: datetime, step: timedelta) -> datetime:
    """Return the end of the step that the moment is in, or the moment if a step begins there."""
    return EPOCH - (EPOCH - moment) // step * step
