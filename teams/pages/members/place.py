"""Where the pages about members stand: in the settings of a project, or with the team alone, which
may have no project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from teams.access import SignedInRequest, get_project, get_team, last_seen_project
from teams.models import Project, Team
from teams.people import rights
from teams.roles import Right, may


@dataclass(frozen=True, slots=True)
class Place:
    """project: in whose settings the page stands; None with the team alone."""

    team: Team
    project: Project | None
    viewer_can_manage: bool
    viewer_can_own: bool

    def url(self, name: str, *args: Any) -> str:
        """Return the address of one of these pages, by its name within a project."""
        if self.project:
            return reverse(name, args=[self.project.slug, *args])
        return reverse(f"team_{name}", args=[self.team.uuid, *args])


def place_of(
    request: SignedInRequest, need: Right, slug: str = "", team: UUID | None = None
) -> Place:
    """Return the place that an address names: a project by `slug`, or a team.

    Raises Http404 for strangers, and PermissionDenied for a member without the right.
    """
    if team is None:
        project = get_project(request, slug, manage=need >= Right.MANAGE)
        of = project.team
        return Place(of, project, project.viewer_can_manage, project.viewer_can_own)
    found = get_team(request, team, need)
    role = rights.role_of(found, request.user)
    return Place(found, None, may(role, Right.MANAGE), may(role, Right.OWN))


def shown(request: SignedInRequest, place: Place) -> dict[str, Any]:
    """Return what the frame of such a page needs."""
    return {"place": place, "project": place.project or last_seen_project(request)}
