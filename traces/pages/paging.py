"""Keyset paging of traces, newest first: a page begins where another row stands.

The cursor is `<microseconds since the epoch>-<trace id>`; page numbers would read and
skip all rows before, and would shift while traffic arrives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from traces.models import Trace
from traces.querysets import TraceQuerySet

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = re.compile(r"([0-9]{1,16})-([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Cursor:
    start_time: datetime
    trace_id: UUID

    def __str__(self) -> str:
        microseconds = (self.start_time - EPOCH) // timedelta(microseconds=1)
        return f"{microseconds}-{self.trace_id.hex}"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows newest first, and the cursors of the pages beside them, "" at an end."""

    rows: list[Trace]
    older: str
    newer: str


def read_cursor(text: str) -> Cursor:
    """Raises ValueError for what is no cursor."""
    match = CURSOR.fullmatch(text)
    if match is None:
        raise ValueError("not a page of this list")
    try:
        moment = EPOCH + timedelta(microseconds=int(match[1]))
    except OverflowError:
        raise ValueError("not a page of this list") from None
    return Cursor(moment, UUID(hex=match[2]))


def page_of(
    traces: TraceQuerySet,
    before: Cursor | None = None,
    after: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """The page of what is older than `before`, or newer than `after`, or the newest one."""
    if after is not None:
        above = traces.newer_than(after.start_time, after.trace_id).oldest_first()[: size + 1]
        rows = list(above)[::-1]
        return _page(rows[-size:], has_older=True, has_newer=len(rows) > size)
    if before is not None:
        traces = traces.older_than(before.start_time, before.trace_id)
    rows = list(traces.newest_first()[: size + 1])
    return _page(rows[:size], has_older=len(rows) > size, has_newer=before is not None)


def _page(rows: list[Trace], has_older: bool, has_newer: bool) -> Page:
    return Page(
        rows=rows,
        older=_cursor_of(rows[-1]) if rows and has_older else "",
        newer=_cursor_of(rows[0]) if rows and has_newer else "",
    )


def _cursor_of(trace: Trace) -> str:
    return str(Cursor(trace.start_time, trace.trace_id))
