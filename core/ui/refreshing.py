"""Pages that bring themselves up to date.

A page says in `<main data-refresh>` what it shows, as a short stamp. static/js/refresh.js asks
for the same address again with that stamp: when nothing has changed the answer is empty.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2s

from django.http import HttpRequest, HttpResponse

from core.time_range.windows import floor

#: So that "2 minutes ago" and the newest bucket of a chart move on when nothing else does.
AT_LEAST_EVERY = timedelta(minutes=1)


def stamp(now: datetime, *shown: object) -> str:
    """Return a text that stays the same while `shown` does, for a minute at most.

    shown: plain values that print alike when they are alike.
    """
    parts = repr((floor(now, AT_LEAST_EVERY), shown))
    return blake2s(parts.encode(), digest_size=8).hexdigest()


def is_shown(request: HttpRequest, stamp: str) -> bool:
    """Say whether the page that asks again shows just this."""
    return bool(stamp) and request.headers.get("X-Shown") == stamp


def nothing_new() -> HttpResponse:
    """Return the empty answer that leaves a page as it is."""
    return HttpResponse(status=204)
