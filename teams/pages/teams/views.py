"""The teams of a person: all of them, a further one, another name, what was deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.access import SignedInRequest, get_team, last_seen_project
from teams.deletion import undoing
from teams.models import Membership, Project
from teams.pages.teams.forms import NewTeamForm, TeamNameForm
from teams.roles import Right


@require_safe
def team_list(request: SignedInRequest) -> HttpResponse:
    """Show the teams of the person with their projects, and what may be restored."""
    memberships = list(Membership.objects.of_user(request.user))
    of_team: dict[int, list[Project]] = {each.team_id: [] for each in memberships}
    for project in Project.objects.filter(team__in=list(of_team)).order_by("name"):
        of_team[project.team_id].append(project)
    now = timezone.now()
    context: dict[str, Any] = {
        "project": last_seen_project(request),
        "rows": [
            {
                "membership": each,
                "projects": of_team[each.team_id],
                "may_manage": each.may(Right.MANAGE),
                "may_own": each.may(Right.OWN),
            }
            for each in memberships
        ],
        "owned": {each.team_id for each in memberships if each.may(Right.OWN)},
        "deleted_projects": undoing.deleted_projects(request.user, now),
        "deleted_teams": undoing.deleted_teams(request.user, now),
    }
    return render(request, "teams/teams.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: SignedInRequest) -> HttpResponse:
    """Make a further team."""
    form = NewTeamForm(request.POST if request.method == "POST" else None)
    made = form.create(request.user) if request.method == "POST" and form.is_valid() else None
    if made:
        messages.success(request, f"Team “{made.team.name}” made. Now invite the others.")
        return redirect("members", made.slug)
    context = {"project": last_seen_project(request), "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "teams/team_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def team_rename(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Give a team another name."""
    team = get_team(request, uuid, Right.MANAGE)
    is_sent = request.method == "POST"
    form = TeamNameForm(request.POST if is_sent else None, initial={"name": team.name})
    if is_sent and form.is_valid() and form.rename(team):
        messages.success(request, f"The team is called {team.name} now.")
        return redirect("teams")
    context = {"project": last_seen_project(request), "team": team, "form": form}
    return render(request, "teams/team_rename.html", context, status=422 if is_sent else 200)


@require_POST
def team_restore(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Have a team back that was deleted less than a day ago."""
    team = _deleted(undoing.deleted_teams(request.user, timezone.now()), uuid)
    if team is None:
        return _nothing(request)
    try:
        undoing.restore_team(team, timezone.now())
    except undoing.CannotRestore as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{team.name} is back, with its projects.")
    return redirect("teams")


@require_POST
def project_restore(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Have a project back that was deleted less than a day ago."""
    project = _deleted(undoing.deleted_projects(request.user, timezone.now()), uuid)
    if project is None:
        return _nothing(request)
    try:
        undoing.restore_project(project, timezone.now())
    except undoing.CannotRestore as error:
        messages.error(request, str(error))
        return redirect("teams")
    messages.success(request, f"{project.name} is back. Its keys work again.")
    return redirect("signals", project.slug)


def _deleted(found: Any, uuid: UUID) -> Any:
    """Return the project or team of that id among those that the person may restore, or None."""
    return next((each for each in found if each.uuid == uuid), None)


def _nothing(request: SignedInRequest) -> HttpResponse:
    """Say that there is nothing to restore: gone, restored already, or never theirs."""
    messages.error(request, "There is nothing to restore there, or you may not.")
    return redirect("teams")
