"""Stretches of time as people write them: a range up to now, or moments in ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from signals_cli.errors import WrongValue

RANGES = ("1h", "6h", "12h", "1d", "3d", "7d", "14d", "30d", "90d")
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|h|d)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, None: 1}


def stretch(range_: str, start: str, end: str) -> dict[str, str]:
    """Return what REST is asked with; nothing where nothing was given."""
    if range_ and (start or end):
        raise WrongValue("Give either --range, or --start and --end.")
    if range_:
        if range_ not in RANGES:
            raise WrongValue(f"--range: {range_!r} is none of {' '.join(RANGES)}.")
        return {"range": range_}
    if end and not start:
        raise WrongValue("--end needs --start.")
    given = {"start": start, "end": end}
    return {name: moment(text, f"--{name}") for name, text in given.items() if text}


def moment(text: str, flag: str) -> str:
    """Return a moment of ISO 8601 as RFC 3339 in UTC. One without a zone is of this machine's."""
    try:
        read = datetime.fromisoformat(text)
        read = read.astimezone(UTC)
    except (ValueError, OverflowError):
        example = "2026-11-27, 2026-11-27T08:00 or 2026-11-27T08:00:00Z"
        raise WrongValue(f"{flag}: {text!r} is no time such as {example}.") from None
    return read.isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_before(days: int) -> str:
    """Return the moment so many days ago."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def seconds(text: str, flag: str) -> float:
    """Return a duration such as 90, 90s, 15m, 2h or 1d in seconds."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise WrongValue(f"{flag}: {text!r} is no duration such as 90s, 15m or 2h.")
    return float(found[1]) * _SECONDS[found[2]]


def read(text: Any) -> datetime | None:
    """Return a moment that the server said, or None."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
