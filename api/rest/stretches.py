"""Stretches of time as they are asked for: a range up to now, or a start and an end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from ninja import Schema
from pydantic import Field

from api.rest import problems
from api.rest.types import NOT_GIVEN, Given, Moment
from core.time_range.windows import LONGEST

Range = Literal["1h", "6h", "12h", "1d", "3d", "7d", "14d", "30d", "90d"]
RANGES: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    **{f"{days}d": timedelta(days=days) for days in (1, 3, 7, 14, 30, 90)},
}


class Stretch(Schema):
    """A stretch of time in an address: `range`, or `start` and perhaps `end`."""

    range: Range = Field(NOT_GIVEN, description="Up to now; not together with start or end.")
    start: Moment = Field(NOT_GIVEN, description="Included.")
    end: Moment = Field(NOT_GIVEN, description="Not included; now, if not given.")


class GivenStretch(Given):
    """The same in a body."""

    range: Range | None = Field(None, description="Up to now; not together with start or end.")
    start: Moment | None = Field(None, description="Included.")
    end: Moment | None = Field(None, description="Not included; now, if not given.")


def bounds(
    given: Stretch | GivenStretch, now: datetime, usual: Range = "7d"
) -> tuple[datetime, datetime]:
    """Return the begin and the end that are asked for.

    Raises Refused for both a range and a moment, an end before the start, and over 400 days.
    """
    if given.range and (given.start or given.end):
        raise problems.invalid([("range", "Give either a range, or start and end.")])
    end = given.end or now
    start = given.start or end - RANGES[given.range or usual]
    if start >= end:
        raise problems.invalid([("end", "The end must come after the start.")])
    if end - start > LONGEST:
        raise problems.invalid([("start", f"At most {LONGEST.days} days.")])
    return start, end
