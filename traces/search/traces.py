"""Which traces a query names: a page of them, how many there are, and what else could be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q

from core.paging import PAGE_SIZE, Cursor, Page, Pager
from teams.models import Project
from traces import extensions
from traces.models import AgentTrace, Trace
from traces.models.querysets import TraceQuerySet
from traces.search.bounded_count import counted_beside, is_all
from traces.search.facets import Facets, facets, facets_of
from traces.search.id_list_or_scan import Named, listed, named_by, one_of
from traces.search.queries import FACETS, TraceQuery
from traces.search.statement_timeout import TookTooLong, at_most

#: The list in the order of `TraceQuerySet.newest_first`.
PAGES = Pager("start_time", "trace_id", UUID)


@dataclass(frozen=True, slots=True)
class FoundTraces:
    """One page of the traces that a query names, newest first.

    count: how many there are, or more than that many where `is_counted` is false. facets: None
    unless asked for. took_too_long: the rows are not known, then, and not none.
    """

    page: Page[Trace]
    count: int
    is_counted: bool
    facets: Facets | None = None
    took_too_long: bool = False


def find(
    project: Project,
    query: TraceQuery,
    older: Cursor | None = None,
    newer: Cursor | None = None,
    with_facets: bool = False,
    size: int = PAGE_SIZE,
) -> FoundTraces:
    """Return the page of a project's traces that stands beside a cursor, else the newest one."""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            any_facet = matching(project, query)
            traces = on_facets(any_facet, query)
            page = PAGES.page(traces.only_keys(), older, newer, size)
            page = replace(page, rows=_with_columns(project, page.rows))
    except TookTooLong:
        return FoundTraces(Page([], "", ""), 0, False, took_too_long=True)
    counted = _facets(any_facet, page, query) if with_facets else None
    count, is_counted = counted_beside(page, traces, query.is_narrowed)
    return FoundTraces(page, count, is_counted, counted)


def facets_in(project: Project, query: TraceQuery) -> Facets:
    """Count the facets of the traces that a query names, as `find` does. Raises TookTooLong."""
    with at_most(settings.SEARCH_PATIENCE_MS):
        any_facet = matching(project, query)
    return facets(any_facet, query.facets)


def _with_columns(project: Project, keys: list[Trace]) -> list[Trace]:
    """Read the rows of these keys, in their order, less those that retention took meanwhile."""
    ids = [key.trace_id for key in keys]
    rows = {row.trace_id: row for row in Trace.objects.of_project(project.pk).narrow().among(ids)}
    return [rows[trace_id] for trace_id in ids if trace_id in rows]


def _facets(any_facet: TraceQuerySet, page: Page[Trace], query: TraceQuery) -> Facets:
    if is_all(page) and not any(query.facets.values()):
        return facets_of(page.rows)
    return facets(any_facet, query.facets)


def on_facets(traces: TraceQuerySet, query: TraceQuery) -> TraceQuerySet:
    """Narrow to the traces whose columns hold the values that the query names."""
    return traces.filter(**{name: query.facets[name] for name in FACETS if query.facets[name]})


def matching(project: Project, query: TraceQuery) -> TraceQuerySet:
    """Return the traces that pass every filter of the query but the facets'."""
    matched = all_here = Trace.objects.of_project(project.pk).between(query.start, query.end)
    if query.agent:
        matched = matched.filter(_took_part(project, query))
    if query.status:
        matched = matched.of_status(query.status)
    if query.session_id:
        matched = matched.of_session(query.session_id)
    if query.user_id:
        matched = matched.of_user(query.user_id)
    if query.text:
        matched = _by_index(matched, all_here, lambda traces: traces.saying(query.text))
    if query.metadata:
        matched = _by_index(matched, all_here, lambda traces: traces.with_metadata(query.metadata))
    if query.kind:
        matched = matched.holding(query.kind)
    matched = matched.lasting(query.min_s, query.max_s)
    matched = matched.using_tokens(query.min_tokens, query.max_tokens)
    matched = matched.costing(query.min_usd, query.max_usd)
    return extensions.narrow(matched, project, dict(query.extra), query.start)


def _by_index(
    traces: TraceQuerySet,
    all_here: TraceQuerySet,
    narrowed: Callable[[TraceQuerySet], TraceQuerySet],
) -> TraceQuerySet:
    """Narrow by an index that is not in order of time: by ids where these are few, else trace by
    trace."""
    few = listed(narrowed(all_here).ids())
    return narrowed(traces) if few is None else traces.filter(one_of("trace_id", few))


def _took_part(project: Project, query: TraceQuery) -> Q:
    assert query.agent is not None
    runs = AgentTrace.objects.of_project(project.pk).of_agent(query.agent.pk)
    of_one = runs.of_trace(OuterRef("trace_id")).values("trace_id")
    return named_by(Named(runs.since(query.start), "trace_id", of_one))
