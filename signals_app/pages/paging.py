"""Keyset paging of a signal's classifications, newest first.

A cursor is `<microseconds since the epoch>-<id>`: where the row stands whose older or
newer neighbours are asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from signals_app.models import Classification

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")

Rows = QuerySet[Classification]


@dataclass(frozen=True, slots=True)
class Cursor:
    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows newest first; cursors of the pages beside them, "" at an end."""

    rows: list[Classification]
    older: str
    newer: str


def read_cursor(text: str) -> Cursor:
    """Raises ValueError for what is no cursor."""
    match = CURSOR.fullmatch(text)
    if match is None:
        raise ValueError("not a page of this list")
    try:
        return Cursor(EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
    except OverflowError:
        raise ValueError("not a page of this list") from None


def page_of(found: Rows, older: Cursor | None, newer: Cursor | None, size: int = PAGE_SIZE) -> Page:
    """The page below the row `older`, or the one above the row `newer`, or the first one."""
    if newer is not None:
        above = found.filter(_above(newer), counted_at__gte=newer.at)
        rows = list(above.order_by("counted_at", "id")[: size + 1])[::-1]
        return _page(rows[-size:], has_older=True, has_newer=len(rows) > size)
    if older is not None:
        found = found.filter(_below(older), counted_at__lte=older.at)
    rows = list(found.order_by("-counted_at", "-id")[: size + 1])
    return _page(rows[:size], has_older=len(rows) > size, has_newer=older is not None)


def _above(cursor: Cursor) -> Q:
    return Q(counted_at__gt=cursor.at) | Q(id__gt=cursor.id)


def _below(cursor: Cursor) -> Q:
    return Q(counted_at__lt=cursor.at) | Q(id__lt=cursor.id)


def _page(rows: list[Classification], has_older: bool, has_newer: bool) -> Page:
    return Page(
        rows=rows,
        older=str(_cursor(rows[-1])) if rows and has_older else "",
        newer=str(_cursor(rows[0])) if rows and has_newer else "",
    )


def _cursor(row: Classification) -> Cursor:
    return Cursor(row.counted_at, row.id)
