"""How long a server asks us to wait. Pure."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping
from datetime import datetime

LONGEST_S = 3600.0


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a server asks us to wait, at most an hour, or None.

    headers: with names in lower case; `retry-after-ms` or `Retry-After`, a number or a date.
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        return None if math.isnan(seconds) else _bounded(seconds)
    try:
        until = email.utils.parsedate_to_datetime(headers["retry-after"])
        return _bounded((until - now).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_S)
