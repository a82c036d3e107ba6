"""Which traces are exported, some at a time, in the order of the list or the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from teams.models import Project
from traces.models import Trace
from traces.search.queries import TraceQuery
from traces.search.traces import PAGES, matching, on_facets

Which = TraceQuery | Sequence[UUID]

KEYS_AT_ONCE = 200
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
#: Clocks of senders may be ahead of ours by so much.
AHEAD = timedelta(days=1)


def every_trace(now: datetime) -> TraceQuery:
    """Return the query that names all traces of a project."""
    return TraceQuery(start=EARLIEST, end=now + AHEAD)


def in_short(which: Which) -> dict[str, Any]:
    """Say which traces, without what somebody searched for: that may be a person's own data."""
    if not isinstance(which, TraceQuery):
        return {"traces": len(which)}
    return {"start": which.start, "end": which.end, "narrowed_by": which.narrowed_by}


def ids_of(project: Project, which: Which, oldest_first: bool) -> Iterator[list[UUID]]:
    """Yield the ids of the traces that a query names; those of a list in the list's own order.

    Each batch is found anew beside the last trace of the one before, so that nothing is held open
    meanwhile, and what retention takes in between is simply not there.
    """
    if not isinstance(which, TraceQuery):
        ids = list(dict.fromkeys(which))
        yield from (ids[n : n + KEYS_AT_ONCE] for n in range(0, len(ids), KEYS_AT_ONCE))
        return
    traces = on_facets(matching(project, which), which).only_keys()
    place = None
    while True:
        if oldest_first:
            page = PAGES.page(traces, newer=place, size=KEYS_AT_ONCE, oldest_first=True)
        else:
            page = PAGES.page(traces, older=place, size=KEYS_AT_ONCE)
        if page.rows:
            yield [row.trace_id for row in page.rows]
        beside = page.newer if oldest_first else page.older
        if not beside:
            return
        place = PAGES.read(beside)


def span_counts(project: Project, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many spans each of these traces has; those that are gone are left out."""
    rows = Trace.objects.of_project(project.pk).among(ids)
    return dict(rows.values_list("trace_id", "span_count"))
