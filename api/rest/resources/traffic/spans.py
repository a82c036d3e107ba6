"""Spans, whatever trace they stand in."""

from __future__ import annotations

from ninja import Query, Schema

from api.rest import cursors
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.traffic import filters
from api.rest.resources.traffic.filters import SpanFilter
from api.rest.types import CursorText, Limit
from api.shapes import traces as shapes
from api.shapes.traces import FoundSpan
from traces.search.spans import PAGES, find
from traces.search.statement_timeout import TookTooLong

resource = Resource(tags=["traces"])


class SpanPage(SpanFilter):
    cursor: CursorText = ""
    limit: Limit = 50


class FoundSpans(Schema):
    """Spans, the latest first. count: of all that match; at least so many where is_counted is
    false."""

    items: list[FoundSpan]
    count: int
    is_counted: bool
    next_cursor: str | None


@resource.get("", response=FoundSpans, operation_id="list_spans")
def list_spans(request: CallerRequest, query: Query[SpanPage]) -> FoundSpans:
    """Return spans by what they are themselves, the latest first; of the last day unless a stretch
    of time is given."""
    project = request.caller.project
    older = cursors.read(request, query.cursor, PAGES.read)
    found = find(project, filters.span_query(project, query), older, size=query.limit)
    if found.took_too_long:
        raise TookTooLong
    return FoundSpans(
        items=shapes.found_spans_of(project, found.page.rows),
        count=found.count,
        is_counted=found.is_counted,
        next_cursor=cursors.written(request, found.page.older),
    )
