"""The agents that took part in traces: one statement for all rows of a list."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from teams.models import Project
from traces.models import Agent, AgentTrace, Trace


def agents_of(project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Agent]]:
    """Return the agents of each trace, its own first; every trace's id is a key."""
    own = {trace.trace_id: trace.agent_id for trace in traces}
    taking = AgentTrace.objects.of_project(project.pk).filter(trace_id__in=list(own))
    rows = list(taking.values_list("trace_id", "agent_id", "start_time")) if own else []
    rows.sort(key=lambda row: (row[1] != own[row[0]], row[2], row[1]))
    agents = Agent.objects.filter(project=project).in_bulk({row[1] for row in rows})
    by_trace: dict[UUID, list[Agent]] = {trace_id: [] for trace_id in own}
    for trace_id, agent_pk, _at in rows:
        if agent_pk in agents:
            by_trace[trace_id].append(agents[agent_pk])
    return by_trace
