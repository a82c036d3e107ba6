"""The chosen time range, carried from page to page in the query string."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from core.time_range.form import CUSTOM
from core.time_range.windows import PRESETS

MOMENT_CHARS = 40  # more than any way to write a date and a time


def chosen_range(query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of `WindowForm` that a link must repeat to keep the range.

    They are none where none was chosen, or one that does not exist: the next page has its own
    default.
    """
    name = query.get("range", "")
    if name in PRESETS:
        return {"range": name}
    if name != CUSTOM:
        return {}
    moments = {end: query.get(end, "")[:MOMENT_CHARS] for end in ("since", "until")}
    return {"range": name} | {end: moment for end, moment in moments.items() if moment}


def in_range(url: str, query: Mapping[str, str], **more: object) -> str:
    """Return the address with the range of `query`, and with those of `more` that are not empty."""
    given = {name: str(value) for name, value in more.items() if value not in (None, "")}
    added = urlencode(chosen_range(query) | given)
    if not added:
        return url
    place, hash_, anchor = url.partition("#")
    return f"{place}{'&' if '?' in place else '?'}{added}{hash_}{anchor}"


def address_in_range(request: HttpRequest, name: str, *args: object) -> str:
    """Return the address called `name`, with the range of the page that was asked for."""
    return in_range(reverse(name, args=args), request.GET)
