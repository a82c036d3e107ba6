"""`trace get` and its like: one trace, its spans, and what these say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.inf.shapes import span_rows, trace_rows
from core.ids import span_id_from_hex, trace_id_from_hex
from teams.models import Project
from traces.models import Span, Trace
from traces.records import StoredSpan
from traces.store import bounded_reading, reading

router = Router()
Row = dict[str, Any]

MOST_SPANS, USUAL_SPANS = 100, 50
MOST_BODIES: Final = 100
NO_TRACE = "There is no such trace in this project: inf trace list."
NO_SPAN = "This trace has no such span: inf trace get <trace-id>."


@router.query("traces.get")
def get(call: Call) -> Row:
    """Return the summary of one trace."""
    return trace_rows.rows_of(call.project, [trace_named(call)])[0]


@router.query("traces.getSpans")
def get_spans(call: Call) -> Row:
    """Return some spans of a trace by start, with what they say; the cursor is their number."""
    trace, given = trace_named(call), call.given
    limit = given.whole("limit", USUAL_SPANS, least=1, most=MOST_SPANS)
    first = _number(given, "cursor")
    spans = list(span_rows.spans_of(trace)[first : first + limit + 1])
    return {
        "spans": with_words(call.project, trace, spans[:limit]),
        "nextCursor": str(first + limit) if len(spans) > limit else None,
    }


@router.query("traces.getTree")
def get_tree(call: Call) -> Row:
    """Return a trace and the columns of its spans."""
    trace = trace_named(call)
    summary = trace_rows.rows_of(call.project, [trace])[0]
    return {"trace": summary} | span_rows.tree_of(call.project, trace)


@router.query("traces.getDetail")
def get_detail(call: Call) -> Row:
    """Return a trace and its first spans with what they say."""
    trace = trace_named(call)
    spans = list(span_rows.spans_of(trace)[:MOST_SPANS])
    return {
        "trace": trace_rows.rows_of(call.project, [trace])[0],
        "spans": with_words(call.project, trace, spans),
        "isCut": trace.span_count > len(spans),
    }


@router.query("traces.getBodies")
def get_bodies(call: Call) -> list[Row]:
    """Return what some spans of a trace say, cut."""
    trace, wanted = trace_named(call), call.given.words("spanIds")[:MOST_BODIES]
    ids = [_span_id(text) for text in wanted]
    spans = [span for span in span_rows.spans_of(trace) if span.span_id in ids]
    rows = with_words(call.project, trace, spans)
    return [{name: row[name] for name in ("spanId", "input", "output")} for row in rows]


@router.query("spans.get")
def get_span(call: Call) -> Row:
    """Return one span with all that was sent of it."""
    trace = trace_named(call)
    span_id = _span_id(call.given.text("spanId"))
    row = span_rows.spans_of(trace).filter(span_id=span_id).first()
    stored = reading.span(call.project.pk, trace.trace_id, span_id)
    if row is None or stored is None:
        raise refused(NO_SPAN, 404)
    return span_rows.whole_of(call.project, row, stored)


def trace_named(call: Call) -> Trace:
    """Return the trace that the call names. Raises Refused."""
    try:
        trace_id = trace_id_from_hex(call.given.text("traceId").replace("-", ""))
    except ValueError:
        raise refused(NO_TRACE, 404) from None
    known = Trace.objects.of_project(call.project.pk).filter(trace_id=trace_id).first()
    if known is None:
        raise refused(NO_TRACE, 404)
    return known


def with_words(project: Project, trace: Trace, spans: Sequence[Span]) -> list[Row]:
    """Return spans of a trace with what they say, cut."""
    stored = _stored(trace, {span.span_id for span in spans})
    rows = span_rows.columns_of(project, spans)
    return [
        row | (span_rows.said_of(stored[span.span_id]) if span.span_id in stored else {})
        for row, span in zip(rows, spans, strict=True)
    ]


def _stored(trace: Trace, wanted: set[int]) -> dict[int, StoredSpan]:
    """Return these spans as they are stored, within the bound of bytes of one trace."""
    project_id, trace_id = trace.project_id, trace.trace_id
    size = bounded_reading.sizes(project_id, [trace_id])[trace_id]
    ids = span_rows.spans_of(trace).values_list("span_id", flat=True)
    unread = [*(key for key in ids if key not in wanted), *size.unread]
    by_trace = reading.spans_of_traces(project_id, [trace_id], unread=unread)
    return {span_rows.key_of(span): span for span in by_trace[trace_id]}


def _number(given: Given, name: str) -> int:
    text = given.text(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise given.wrong(name, "This is no cursor of this list.")
    return int(text)


def _span_id(text: str) -> int:
    try:
        return span_id_from_hex(text)
    except ValueError:
        raise refused(NO_SPAN, 404) from None
