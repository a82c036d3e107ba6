"""Traces: found, counted by their columns, and read with their spans."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.traffic import filters
from api.rest.resources.traffic.filters import TraceFilter
from api.rest.types import NOT_GIVEN, CursorText, Limit
from api.shapes import conversations as said_shapes
from api.shapes import traces as shapes
from api.shapes.conversations import WholeSpan
from api.shapes.traces import FacetsShape, SpanRow, TraceShape, WholeTrace
from traces.search.statement_timeout import TookTooLong
from traces.search.traces import PAGES, facets_in, find
from traces.store import reading
from traces.store.outline import outline

resource = Resource(tags=["traces"])

TraceId = Annotated[
    str, Field(pattern="^[0-9a-fA-F]{32}$", description="A trace's id: 32 hexadecimal digits.")
]
SpanId = Annotated[
    str, Field(pattern="^[0-9a-fA-F]{16}$", description="A span's id: 16 hexadecimal digits.")
]


class TraceList(TraceFilter):
    cursor: CursorText = ""
    limit: Limit = 50


class Traces(Schema):
    """Traces, the latest first. count: of all that match; at least so many where is_counted is
    false."""

    items: list[TraceShape]
    count: int
    is_counted: bool
    next_cursor: str | None


class SpanList(Schema):
    """Which page of the spans of a trace."""

    kind: filters.Kind = NOT_GIVEN
    cursor: CursorText = ""
    limit: Limit = 50


class Spans(Schema):
    """Spans of one trace in reading order: a parent before its children."""

    items: list[SpanRow]
    next_cursor: str | None


@resource.get("", response=Traces, operation_id="list_traces")
def list_traces(request: CallerRequest, query: Query[TraceList]) -> Traces:
    """Return traces, the latest first; of the last day unless a stretch of time is given."""
    project = request.caller.project
    older = cursors.read(request, query.cursor, PAGES.read)
    found = find(project, filters.trace_query(project, query), older, size=query.limit)
    if found.took_too_long:
        raise TookTooLong
    return Traces(
        items=shapes.traces_of(project, found.page.rows),
        count=found.count,
        is_counted=found.is_counted,
        next_cursor=cursors.written(request, found.page.older),
    )


@resource.get("/facets", response=FacetsShape, operation_id="get_trace_facets")
def get_trace_facets(request: CallerRequest, query: Query[TraceFilter]) -> FacetsShape:
    """Count the traces that match by model, provider, service and environment. Each is counted
    under the choices made in the others, so that it says what another value would find."""
    project = request.caller.project
    return shapes.facets_of(facets_in(project, filters.trace_query(project, query)))


@resource.get("/{trace_id}", response=WholeTrace, operation_id="get_trace")
def get_trace(request: CallerRequest, trace_id: Path[TraceId]) -> WholeTrace:
    """Return one trace with the tree of its spans, and what signals said of it."""
    project = request.caller.project
    trace = lookups.trace(project, trace_id)
    return shapes.whole_trace_of(project, trace, outline(trace))


@resource.get("/{trace_id}/spans", response=Spans, operation_id="list_spans_of_trace")
def list_spans_of_trace(
    request: CallerRequest, trace_id: Path[TraceId], query: Query[SpanList]
) -> Spans:
    """Return the spans of a trace in reading order, a page at a time."""
    project = request.caller.project
    stored = outline(lookups.trace(project, trace_id))
    rows = [each for each in stored.in_order if query.kind in (None, each[1].kind)]
    first = cursors.read(request, query.cursor, _place) or 0
    shown = rows[first : first + query.limit]
    after = str(first + query.limit) if first + query.limit < len(rows) else ""
    return Spans(items=shapes.rows_of(project, shown), next_cursor=cursors.written(request, after))


@resource.get("/{trace_id}/spans/{span_id}", response=WholeSpan, operation_id="get_span")
def get_span(request: CallerRequest, trace_id: Path[TraceId], span_id: Path[SpanId]) -> WholeSpan:
    """Return one span with all that was sent in it: attributes, events, links, messages."""
    project = request.caller.project
    trace, row = lookups.span(project, trace_id, span_id)
    stored = lookups.found(reading.span(project.pk, trace.trace_id, row.span_id))
    depths = {node.span.span_id: node.depth for node in outline(trace).nodes}
    return said_shapes.span_of(project, row, stored, depths.get(row.hex_id, 0))


def _place(text: str) -> Any:
    """Read how many spans come before a page. Raises ValueError."""
    number = int(text)
    if not 0 < number < reading.MAX_SPANS:
        raise ValueError(text)
    return number
