"""Addresses of an agent that was merged lead on to the one that it is part of."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.time_range.links import address_in_range
from teams.models import Project
from traces.agents import merging
from traces.models import Agent


def agent_or_redirect(
    request: HttpRequest, name: str, project: Project, uuid: UUID
) -> Agent | HttpResponse:
    """name: of the URL that was asked for. Raises Http404 for an agent that never was here."""
    agent = Agent.objects.filter(project=project, uuid=uuid).first()
    if agent is not None:
        return agent
    became = merging.survivor(project.pk, uuid)
    if became is None:
        raise Http404
    return redirect(address_in_range(request, name, project.slug, became.uuid))


def from_filter(
    request: HttpRequest, project: Project, agents: Iterable[Agent]
) -> HttpResponse | None:
    """`?agent=` of a list. agents: those that are there."""
    asked = request.GET.get("agent", "")
    if not asked or any(str(agent.uuid) == asked for agent in agents):
        return None
    try:
        became = merging.survivor(project.pk, UUID(asked))
    except ValueError:
        return None
    if became is None:
        return None
    query = request.GET.copy()
    query["agent"] = str(became.uuid)
    return redirect(f"{request.path}?{query.urlencode()}")
