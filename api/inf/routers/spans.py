"""`span`: spans of all traces, and what could be asked of them. One span: `trace_details`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from api.inf import filters, pages, span_lists
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.inf.routers.trace_details import trace_named, with_words
from api.inf.span_lists import SpanFilter
from traces.models import Span, Trace

router = Router()
Row = dict[str, Any]

NO_SORT = "Signals lists spans by trace, from the newest: --sort start_time --order desc."
ROOTS = ("root", "entrypoint")


@router.query("spans.list")
def list_spans(call: Call) -> Row:
    """Return a page of spans, those of the newest trace first."""
    _check_order(call.given)
    given = call.given.object("filters")
    query = filters.trace_query(call.project, given, timezone.now())
    wanted = SpanFilter(query, given.text("freeText", ""), _only_roots(given))
    limit, cursor = pages.limit_of(call.given), call.given.text("cursor", "")
    if given.has("traceId"):
        trace = trace_named(Call(call.key, call.project, given))
        page = span_lists.of_trace(trace, wanted, limit, cursor)
    else:
        page = span_lists.page_of(call.project, wanted, limit, cursor)
    return {"spans": _rows(call, page.spans), "nextCursor": page.next or None}


def _rows(call: Call, spans: Sequence[Span]) -> list[Row]:
    """Return spans in their order with what they say, read trace by trace."""
    ids = list(dict.fromkeys(span.trace_id for span in spans))
    known = Trace.objects.of_project(call.project.pk).among(ids)
    by_id = {trace.trace_id: trace for trace in known}
    return [
        row
        for trace_id in ids
        if trace_id in by_id
        for row in with_words(
            call.project, by_id[trace_id], [span for span in spans if span.trace_id == trace_id]
        )
    ]


def _only_roots(given: Given) -> bool:
    scope = given.text("scope", "")
    if scope and scope not in ROOTS:
        raise given.wrong("scope", f"Choose one of {', '.join(ROOTS)}.")
    return bool(scope)


def _check_order(given: Given) -> None:
    is_ours = given.text("sortBy", "start_time") == "start_time"
    if not is_ours or given.text("sortOrder", "desc") != "desc":
        raise refused(NO_SORT, field="sortBy")
