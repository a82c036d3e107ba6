"""Who is in the team of a project."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from teams.access import SignedInRequest, get_project
from teams.people import members


@require_safe
def member_list(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the members of the team."""
    project = get_project(request, slug)
    context = {"project": project, "memberships": members.of_team(project.team)}
    return render(request, "teams/members.html", context)
