"""Stretches of time as the client names them: a range up to now, or a start and an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.inf import words
from api.inf.given import Given
from core.time_range.windows import FIRST, LONGEST, Window, ceil, floor

MOST_BUCKETS = 1_000


def bounds(given: Given, now: datetime, usual: str = "7d") -> tuple[datetime, datetime]:
    """Return the begin and the end that are asked for. Raises Refused."""
    end = given.moment("endDate", now)
    chosen = given.text("timeRange", usual)
    if chosen == "all":
        start = given.moment("startDate", FIRST)
    elif chosen in words.RANGES:
        start = given.moment("startDate", end - words.RANGES[chosen])
    else:
        raise given.wrong("timeRange", f"Choose one of {', '.join(words.RANGES)}.")
    if start >= end:
        raise given.wrong("endDate", "The end must come after the beginning.")
    return start, end


def window(given: Given, now: datetime) -> Window:
    """Return the stretch in steps of the granularity, else in as many as a chart has."""
    start, end = bounds(given, now)
    if end - start > LONGEST:
        raise given.wrong("startDate", f"At most {LONGEST.days} days.")
    if not given.has("granularity"):
        return Window.covering(start, end)
    name = given.text("granularity")
    if name not in ("1m", "1h", "1d"):
        raise given.wrong("granularity", "Choose 1m, 1h or 1d.")
    step = words.STEPS[name]
    made = Window(floor(start, step), ceil(end, step), step)
    if (made.end - made.start) // step > MOST_BUCKETS:
        raise given.wrong("granularity", f"That makes more than {MOST_BUCKETS:,} steps.")
    return made


def granularity_of(step: timedelta) -> str:
    """Return a step in the client's words: "15m", "6h", "7d"."""
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if step % length == timedelta(0):
            return f"{step // length}{unit}"
    return f"{step // timedelta(minutes=1)}m"
