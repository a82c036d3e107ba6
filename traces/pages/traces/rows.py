"""What each row of the list of traces says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from core.ids import session_key
from teams.models import Project
from traces import extensions
from traces.models import Agent, Trace


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


def rows_of(project: Project, traces: list[Trace]) -> list[Row]:
    """Return a row for each trace, with its agent and its labels."""
    agents = Agent.objects.in_bulk({trace.agent_id for trace in traces if trace.agent_id})
    marks = extensions.marks(project, traces)
    return [
        Row(
            trace=trace,
            agent=agents.get(trace.agent_id or 0),
            chips=extensions.chips(marks[trace.trace_id]),
            session_url=_session_url(project, trace),
        )
        for trace in traces
    ]


def _session_url(project: Project, trace: Trace) -> str:
    """Return the address of the conversation; of the list of its traces where no agent is known, as
    sessions have one."""
    if not trace.session_id:
        return ""
    if trace.agent_id is None:
        query = urlencode({"session": trace.session_id})
        return f"{reverse('traces', args=[project.slug])}?{query}"
    key = session_key(trace.agent_id, trace.session_id)
    return reverse("session", args=[project.slug, key])
