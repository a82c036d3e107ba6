"""`span`: lists of spans. One span: `trace_details`; facets: `traces`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from api.inf import filters, pages
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.inf.routers.trace_details import trace_named, with_words
from teams.models import Project
from traces.models import Span, Trace
from traces.search import spans
from traces.search.queries import SpanQuery

router = Router()
Row = dict[str, Any]

NO_SORT = "Signals lists spans from the newest to the oldest: --sort start_time --order desc."
NO_SCOPE = "Signals does not filter spans by their place in the trace: inf trace get shows it."
NO_METADATA = "Signals finds traces by metadata, not spans: inf trace list --metadata plan=pro."
#: What is asked of a span as of a trace, by the fields of both queries.
ALIKE = (
    *("start", "end", "agent", "status", "session_id", "user_id", "kind", "model", "provider"),
    *("service", "environment", "min_s", "max_s", "min_tokens", "max_tokens"),
    *("min_usd", "max_usd"),
)


@router.query("spans.list")
def list_spans(call: Call) -> Row:
    """Return a page of spans, the newest first, with what they say."""
    _check_order(call.given)
    query = _query(call, call.given.object("filters"), timezone.now())
    older = pages.cursor_of(call.given, spans.PAGES)
    limit = pages.limit_of(call.given)
    found = spans.find(call.project, query, older, size=limit)
    if found.took_too_long:
        raise refused(pages.TOO_LONG, 408)
    return {
        "spans": _rows(call.project, found.page.rows),
        "nextCursor": found.page.older or None,
        "totalCount": found.count if found.is_counted else None,
    }


def _query(call: Call, given: Given, now: datetime) -> SpanQuery:
    like = filters.trace_query(call.project, given, now)
    if given.has("scope"):
        raise given.wrong("scope", NO_SCOPE)
    if like.metadata:
        raise refused(NO_METADATA, field="metadataFilters")
    wanted = {name: getattr(like, name) for name in ALIKE}
    if given.has("traceId"):
        wanted["trace_id"] = trace_named(Call(call.key, call.project, given)).trace_id
    return SpanQuery(**wanted, text=given.text("freeText", ""))


def _rows(project: Project, found: Sequence[Span]) -> list[Row]:
    """Return spans in their order with what they say, read trace by trace."""
    ids = {span.trace_id for span in found}
    said: dict[tuple[str, str], Row] = {}
    for trace in Trace.objects.of_project(project.pk).among(list(ids)):
        of_trace = [span for span in found if span.trace_id == trace.trace_id]
        rows = with_words(project, trace, of_trace)
        said |= {(row["traceId"], row["spanId"]): row for row in rows}
    keys = [(span.trace_id.hex, span.hex_id) for span in found]
    return [said[key] for key in keys if key in said]


def _check_order(given: Given) -> None:
    is_ours = given.text("sortBy", "start_time") == "start_time"
    if not is_ours or given.text("sortOrder", "desc") != "desc":
        raise refused(NO_SORT, field="sortBy")
