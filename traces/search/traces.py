"""The list of traces: what the filters leave, a page of it, and what each row says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import OuterRef, Q
from django.urls import reverse

from core.ids import session_key
from core.paging import Page
from core.time_range.windows import Window
from teams.models import Project
from traces import extensions
from traces.models import Agent, AgentTrace, Trace
from traces.models.querysets import TraceQuerySet
from traces.pages.traces.forms import PAGES, TraceFilter
from traces.pages.traces.more_filters import narrow, on_facets, pairs
from traces.search.bounded_count import counted_beside, is_all
from traces.search.facets import Facets, facets, facets_of
from traces.search.id_list_or_scan import Named, listed, named_by, one_of
from traces.search.statement_timeout import TookTooLong, at_most


@dataclass(frozen=True, slots=True)
class Row:
    trace: Trace
    agent: Agent | None
    chips: list[extensions.Chip]
    session_url: str

    @property
    def tokens(self) -> int | None:
        known = [n for n in (self.trace.input_tokens, self.trace.output_tokens) if n is not None]
        return sum(known) if known else None

    @property
    def duration(self) -> timedelta:
        return self.trace.end_time - self.trace.start_time


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Row]
    page: Page[Trace]
    count: int
    is_counted: bool  # false when there are more than `count`
    facets: Facets | None  # None while the further filters stand folded
    took_too_long: bool = False  # the rows are not known, then, and not none


def listing(
    project: Project, form: TraceFilter, agents: Sequence[Agent], window: Window
) -> Listing:
    """One page of a project's traces that started in the window and pass the filters."""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            any_facet = matching(project, form, agents, window)
            found = on_facets(any_facet, form.cleaned_data)
            page = PAGES.page(found.only_keys(), form.value("older"), form.value("newer"))
            page = replace(page, rows=_whole(project, page.rows))
    except TookTooLong:
        return Listing([], Page([], "", ""), 0, False, None, took_too_long=True)
    counted = _facets(any_facet, page, form) if form.is_open else None
    count, is_counted = counted_beside(page, found, form.is_narrowed)
    return Listing(rows_of(project, page.rows, agents), page, count, is_counted, counted)


def _whole(project: Project, keys: list[Trace]) -> list[Trace]:
    """The rows of these keys, in their order; one that retention took meanwhile is left out."""
    ids = [key.trace_id for key in keys]
    rows = {row.trace_id: row for row in Trace.objects.of_project(project.pk).narrow().among(ids)}
    return [rows[one] for one in ids if one in rows]


def _facets(any_facet: TraceQuerySet, page: Page[Trace], form: TraceFilter) -> Facets:
    if is_all(page) and not any(form.facet_values.values()):
        return facets_of(page.rows)
    return facets(any_facet, form.facet_values)


def matching(
    project: Project, form: TraceFilter, agents: Sequence[Agent], window: Window
) -> TraceQuerySet:
    """All that pass every filter but the facets'."""
    found = all_here = Trace.objects.of_project(project.pk).between(window.start, window.end)
    agent = next((one for one in agents if str(one.uuid) == form.value("agent")), None)
    if agent:
        found = found.filter(_took_part(project, agent, window))
    if status := form.value("status"):
        found = found.of_status(status)
    if session_id := form.value("session"):
        found = found.of_session(session_id)
    if user_id := form.value("user"):
        found = found.of_user(user_id)
    if words := form.value("q"):
        found = _few_or_many(found, all_here, lambda traces: traces.saying(words))
    if held := pairs(form.cleaned_data):
        found = _few_or_many(found, all_here, lambda traces: traces.with_metadata(held))
    found = narrow(found, form.cleaned_data)
    return extensions.narrow(found, project, form.extra_values, window.start)


def _few_or_many(
    found: TraceQuerySet,
    all_here: TraceQuerySet,
    narrowed: Callable[[TraceQuerySet], TraceQuerySet],
) -> TraceQuerySet:
    """By an index that is not in order of time: its ids where they are few, else trace by trace."""
    few = listed(narrowed(all_here).ids())
    return narrowed(found) if few is None else found.filter(one_of("trace_id", few))


def _took_part(project: Project, agent: Agent, window: Window) -> Q:
    runs = AgentTrace.objects.of_project(project.pk).of_agent(agent.pk)
    of_one = runs.of_trace(OuterRef("trace_id")).values("trace_id")
    return named_by(Named(runs.since(window.start), "trace_id", of_one))


def rows_of(project: Project, traces: list[Trace], agents: Sequence[Agent]) -> list[Row]:
    names = {agent.pk: agent for agent in agents}
    marks = extensions.marks(project, traces)
    return [
        Row(
            trace=trace,
            agent=names.get(trace.agent_id or 0),
            chips=extensions.chips(marks[trace.trace_id]),
            session_url=_session_url(project, trace),
        )
        for trace in traces
    ]


def _session_url(project: Project, trace: Trace) -> str:
    """The conversation; the list of its traces where no agent is known, as sessions have one."""
    if not trace.session_id:
        return ""
    if trace.agent_id is None:
        query = urlencode({"session": trace.session_id})
        return f"{reverse('traces', args=[project.slug])}?{query}"
    key = session_key(trace.agent_id, trace.session_id)
    return reverse("session", args=[project.slug, key])
