"""Agents."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors, stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.stretches import Stretch
from api.rest.types import CursorText, Limit, Text
from api.shapes import agents as shapes
from api.shapes.agents import AgentShape
from core.time_range.windows import Window
from traces.figures import agents as agent_figures
from traces.models import Agent
from traces.search.agent_pages import PAGES

resource = Resource(tags=["agents"])

AgentName = Annotated[
    str,
    Field(min_length=1, max_length=500, description="An agent's id, exact name, or identity."),
]


class AgentList(Stretch):
    """Which agents, and the stretch that their figures are about."""

    text: Text = Field("", description="Part of the name.")
    cursor: CursorText = ""
    limit: Limit = 50


class Agents(Schema):
    """Agents, the one heard of last first."""

    items: list[AgentShape]
    next_cursor: str | None


@resource.get("", response=Agents, operation_id="list_agents")
def list_agents(request: CallerRequest, query: Query[AgentList]) -> Agents:
    """Return agents, the one heard of last first, with what each did in the stretch of time."""
    project, window = request.caller.project, _window(query)
    older = cursors.read(request, query.cursor, PAGES.read)
    known = Agent.objects.of_project(project.pk)
    if query.text:
        known = known.filter(name__icontains=query.text)
    page = PAGES.page(known, older, size=query.limit)
    rows = agent_figures.rows_of(project, page.rows, window)
    return Agents(
        items=[shapes.agent_of(project, row) for row in rows],
        next_cursor=cursors.written(request, page.older),
    )


@resource.get("/{agent}", response=AgentShape, operation_id="get_agent")
def get_agent(request: CallerRequest, agent: Path[AgentName], query: Query[Stretch]) -> AgentShape:
    """Return one agent with what it did in the stretch of time."""
    project = request.caller.project
    known = lookups.agent(project, agent)
    (row,) = agent_figures.rows_of(project, [known], _window(query))
    return shapes.agent_of(project, row)


def _window(query: Stretch) -> Window:
    return Window.covering(*stretches.bounds(query, timezone.now()))
