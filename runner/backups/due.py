"""When the next backup is due, and which old ones go. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

#: After one that failed.
AGAIN_AFTER = timedelta(minutes=15)
NAME = re.compile(r"signals-\d{8}T\d{6}Z\.backup")


def is_due(
    now: datetime, last: datetime | None, failed: datetime | None, every_h: int, at: time | None
) -> bool:
    """Say whether a backup is to be made now.

    last: when the last good one began. failed: when the last one that failed since began. at: the
    time of day in UTC that the hours are counted from; None counts from the last one. What lies in
    the future (a clock went back) counts as if it had not been.
    """
    if failed is not None and now - AGAIN_AFTER < failed <= now:
        return False
    if last is None or last > now:
        return True
    return last < slot(now, every_h, at) if at else now - last >= timedelta(hours=every_h)


def slot(now: datetime, every_h: int, at: time) -> datetime:
    """Return the last moment up to now at which one was to begin."""
    epoch = datetime(2000, 1, 1, at.hour, at.minute, at.second, tzinfo=UTC)
    every = timedelta(hours=every_h)
    return epoch + (now - epoch) // every * every


def name_of(now: datetime) -> str:
    """Return the file name of a backup that begins now."""
    return f"signals-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"


def to_delete(names: Iterable[str], keep: int) -> list[str]:
    """Return the names of backups beyond the newest `keep`; other files are nobody's business."""
    ours = sorted((name for name in names if NAME.fullmatch(name)), reverse=True)
    return ours[keep:]
