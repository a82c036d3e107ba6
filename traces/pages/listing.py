"""The list of traces: what the filters leave, a page of it, and what each row says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from core.ids import session_key
from core.windows import Window
from teams.models import Project
from traces import panels
from traces.models import Agent, AgentTrace, Trace
from traces.pages.forms import TraceFilter
from traces.pages.paging import Page, page_of
from traces.querysets import TraceQuerySet

#: Counting goes no further: beyond it the exact number tells a reader nothing.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    trace: Trace
    agent: Agent | None
    chips: list[panels.Chip]
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
    page: Page
    count: int
    is_counted: bool  # false when there are more than `count`


def listing(
    project: Project, form: TraceFilter, agents: Sequence[Agent], window: Window
) -> Listing:
    """One page of a project's traces that started in the window and pass the filters."""
    found = matching(project, form, agents, window)
    page = page_of(found.narrow(), form.value("older"), form.value("newer"))
    counted = found.order_by().values("trace_id")[: MOST_COUNTED + 1].count()
    return Listing(
        rows=rows_of(project, page.rows, agents),
        page=page,
        count=min(counted, MOST_COUNTED),
        is_counted=counted <= MOST_COUNTED,
    )


def matching(
    project: Project, form: TraceFilter, agents: Sequence[Agent], window: Window
) -> TraceQuerySet:
    found = Trace.objects.of_project(project.pk).between(window.start, window.end)
    agent = next((one for one in agents if str(one.uuid) == form.value("agent")), None)
    if agent:
        runs = AgentTrace.objects.of_project(project.pk).of_agent(agent.pk).since(window.start)
        found = found.among(runs.values("trace_id"))
    if status := form.value("status"):
        found = found.of_status(status)
    if session_id := form.value("session"):
        found = found.of_session(session_id)
    if user_id := form.value("user"):
        found = found.of_user(user_id)
    if words := form.value("q"):
        found = found.saying(words)
    return panels.narrow(found, project, form.extra_values)


def rows_of(project: Project, traces: list[Trace], agents: Sequence[Agent]) -> list[Row]:
    names = {agent.pk: agent for agent in agents}
    marks = panels.marks(project, traces)
    return [
        Row(
            trace=trace,
            agent=names.get(trace.agent_id or 0),
            chips=panels.chips(marks[trace.trace_id]),
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
