"""Which spans a query names: a page of them, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import OuterRef

from core.paging import PAGE_SIZE, Cursor, Page, Pager, Signed
from teams.models import Project
from traces.models import Span, Trace
from traces.models.querysets import SpanQuerySet
from traces.search.bounded_count import counted_beside
from traces.search.id_list_or_scan import Named, named_by
from traces.search.queries import FACETS, SpanQuery
from traces.search.statement_timeout import TookTooLong, at_most

#: The list in the order of the index `span_newest_first`, week by week.
PAGES = Pager("start_time", "span_id", Signed)


@dataclass(frozen=True, slots=True)
class FoundSpans:
    """One page of the spans that a query names, newest first, without their payloads; fields as in
    `FoundTraces`."""

    page: Page[Span]
    count: int
    is_counted: bool
    took_too_long: bool = False


def find(
    project: Project,
    query: SpanQuery,
    older: Cursor | None = None,
    newer: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> FoundSpans:
    """Return the page of a project's spans that stands beside a cursor, else the newest one."""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            spans = matching(project, query)
            page = PAGES.page(spans.narrow(), older, newer, size)
    except TookTooLong:
        return FoundSpans(Page([], "", ""), 0, False, took_too_long=True)
    count, is_counted = counted_beside(page, spans, query.is_narrowed)
    return FoundSpans(page, count, is_counted)


def matching(project: Project, query: SpanQuery) -> SpanQuerySet:
    """Return the spans that pass every filter of the query."""
    spans = Span.objects.of_project(project.pk).between(query.start, query.end)
    exact = {name: getattr(query, name) for name in ("trace_id", "kind", *FACETS)}
    spans = spans.filter(**{name: value for name, value in exact.items() if value})
    if query.agent:
        spans = spans.filter(agent_id=query.agent.pk)
    if query.status:
        spans = spans.filter(is_error=query.status == "error")
    if query.text:
        spans = spans.filter(name__icontains=query.text)
    spans = _of_traces(spans, project, query)
    spans = spans.lasting(query.min_s, query.max_s)
    spans = spans.using_tokens(query.min_tokens, query.max_tokens)
    return spans.costing(query.min_usd, query.max_usd)


def _of_traces(spans: SpanQuerySet, project: Project, query: SpanQuery) -> SpanQuerySet:
    """Keep the spans in traces of the session and the user: only the rows of traces have an index
    by these."""
    if not (query.session_id or query.user_id):
        return spans
    traces = Trace.objects.of_project(project.pk)
    if query.session_id:
        traces = traces.of_session(query.session_id)
    if query.user_id:
        traces = traces.of_user(query.user_id)
    meanwhile = traces.filter(start_time__lt=query.end, end_time__gte=query.start)
    of_one = traces.filter(trace_id=OuterRef("trace_id")).values("trace_id")
    return spans.filter(named_by(Named(meanwhile, "trace_id", of_one)))
