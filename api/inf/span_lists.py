"""Spans of the traces that a query names: trace by trace, the newest first.

A list of spans has no index of its own. It walks the traces that the filters leave, a bounded
number of them for a page, and keeps of their spans those that the filters name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from api.inf import pages
from api.inf.errors import refused
from api.inf.shapes import span_rows
from core.paging import Cursor
from teams.models import Project
from traces.models import Span, Trace
from traces.search import traces
from traces.search.queries import TraceQuery

#: Traces that are looked at for one page.
MOST_TRACES: Final = 200


@dataclass(frozen=True, slots=True)
class SpanFilter:
    """Which spans of the traces: by their own columns. text: part of the name."""

    query: TraceQuery
    text: str = ""
    only_roots: bool = False

    def of(self, trace: Trace) -> QuerySet[Span]:
        """Return the spans of a trace that are meant, by start."""
        spans = _limited(span_rows.spans_of(trace).filter(**_columns(self.query)), self.query)
        for key, value in self.query.metadata:
            spans = spans.filter(_bearing(key, value))
        if self.text:
            spans = spans.filter(name__icontains=self.text)
        return spans.filter(parent_span_id=None) if self.only_roots else spans


@dataclass(frozen=True, slots=True)
class SpanPage:
    """next: where the next page begins, "" at the end."""

    spans: list[Span]
    next: str


def page_of(project: Project, wanted: SpanFilter, limit: int, cursor: str) -> SpanPage:
    """Return a page of spans. It may have fewer than the limit, and yet a page behind it, where
    few of many traces hold such a span. Raises Refused."""
    query = of_traces(wanted.query)
    older, skipped = _place(cursor)
    found: list[Span] = []
    for number, trace in enumerate(_traces(project, query, older)):
        left = limit - len(found)
        if number == MOST_TRACES:
            return SpanPage(found, _written(trace, 0))
        spans = list(wanted.of(trace)[skipped : skipped + left + 1])
        found += spans[:left]
        if len(spans) > left:
            return SpanPage(found, _written(trace, skipped + left))
        skipped = 0
    return SpanPage(found, "")


def of_trace(trace: Trace, wanted: SpanFilter, limit: int, cursor: str) -> SpanPage:
    """Return a page of the spans of one trace. Raises Refused."""
    _, skipped = _place(cursor)
    spans = list(wanted.of(trace)[skipped : skipped + limit + 1])
    return SpanPage(spans[:limit], f"~{skipped + limit}" if len(spans) > limit else "")


def of_traces(query: TraceQuery) -> TraceQuery:
    """Return the query for the traces in which such spans can be: a trace has one model, and is
    no failure because one span of it is."""
    return TraceQuery(
        start=query.start,
        end=query.end,
        agent=query.agent,
        kind=query.kind,
        session_id=query.session_id,
        user_id=query.user_id,
    )


def _columns(query: TraceQuery) -> dict[str, Any]:
    named = {
        "kind": query.kind,
        "model": query.model,
        "provider": query.provider,
        "service": query.service,
        "environment": query.environment,
    }
    columns: dict[str, Any] = {name: value for name, value in named.items() if value}
    if query.status:
        columns["is_error"] = query.status == "error"
    if query.agent:
        columns["agent_id"] = query.agent.pk
    return columns


def _limited(spans: QuerySet[Span], query: TraceQuery) -> QuerySet[Span]:
    took = ExpressionWrapper(F("end_time") - F("start_time"), DurationField())
    tokens = Coalesce("input_tokens", 0) + Coalesce("output_tokens", 0)
    limits: Sequence[tuple[Any, float | None, float | None]] = (
        (took, query.min_s, query.max_s),
        (tokens, query.min_tokens, query.max_tokens),
        (F("cost_usd"), query.min_usd, query.max_usd),
    )
    for expression, least, most in limits:
        for lookup, limit in ((GreaterThanOrEqual, least), (LessThanOrEqual, most)):
            if limit is not None:
                value = timedelta(seconds=limit) if expression is took else limit
                spans = spans.filter(lookup(expression, value))
    return spans


def _bearing(key: str, value: str) -> Q:
    """Say that a span has an attribute with this value, as text or as what JSON reads it as."""
    has_it = Q(attributes__contains={key: value})
    try:
        scalar = orjson.loads(value)
    except orjson.JSONDecodeError:
        return has_it
    return has_it | Q(attributes__contains={key: scalar})


def _traces(project: Project, query: TraceQuery, older: Cursor | None) -> Iterator[Trace]:
    while True:
        found = traces.find(project, query, older=older)
        if found.took_too_long:
            raise refused(pages.TOO_LONG, 408)
        yield from found.page.rows
        if not found.page.older:
            return
        older = traces.PAGES.read(found.page.older)


def _written(trace: Trace, skipped: int) -> str:
    """Return the place of a span of a trace. Pages begin behind a place, so that it is right before
    the trace itself."""
    before = UUID(int=trace.trace_id.int - 1)
    return f"{Cursor(trace.start_time, before)}~{skipped}"


def _place(text: str) -> tuple[Cursor | None, int]:
    """Return behind which trace a page begins, and how many of the next one's spans to pass."""
    place, _, skipped = text.partition("~")
    try:
        if text and (not skipped.isascii() or not skipped.isdigit() or len(skipped) > 6):
            raise ValueError
        return traces.PAGES.read(place) if place else None, int(skipped or 0)
    except (ValueError, OverflowError):
        raise refused(pages.NO_CURSOR, field="cursor") from None
