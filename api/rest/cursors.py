"""Cursors of lists: opaque to callers, and good for the list and the filters they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest

from api.rest.problems import Refused

Place = TypeVar("Place")

VERSION = 1
NOT_OURS = "This is no cursor of this list. Leave it out to begin at the first page."
OTHER_FILTERS = "The cursor came from other filters. Leave it out to begin at the first page."
#: Parameters that may differ from page to page.
FREE = {"cursor", "limit", "project"}


def written(request: HttpRequest, place: str) -> str | None:
    """Return the cursor for the rows after a place, None where there are none ("")."""
    if not place:
        return None
    words = json.dumps([VERSION, _filters(request), place], separators=(",", ":"))
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def read(request: HttpRequest, text: str, place: Callable[[str], Place]) -> Place | None:
    """Return the place that a cursor names, None for the first page.

    place: reads it, and raises ValueError for what is none. Raises Refused.
    """
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        version, filters, where = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        known = place(where) if version == VERSION and isinstance(where, str) else None
    except (ValueError, TypeError, binascii.Error, RecursionError):
        known = None
    if known is None:
        raise Refused(422, "invalid", NOT_OURS, "cursor")
    if filters != _filters(request):
        raise Refused(422, "cursor_of_other_filters", OTHER_FILTERS, "cursor")
    return known


def _filters(request: HttpRequest) -> str:
    """Return a short hash of the list and of what is asked of it."""
    asked = sorted(
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in FREE
    )
    text = json.dumps([request.path, asked])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
