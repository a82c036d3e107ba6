"""Deleting a project, a team, or one's own account: each asks by name first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from teams.access import SignedInRequest, get_project, get_team, last_seen_project
from teams.deletion import deleting, undoing
from teams.models import Membership, Project, Team, User
from teams.pages.teams.forms import TypedNameForm
from teams.people import accounts
from teams.roles import Right

ASKS = ["GET", "HEAD", "POST"]

Kept = TypeVar("Kept", Project, Team)


@require_http_methods(ASKS)
def project_delete(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask for the name of the project, and delete it; for a day it can be restored."""
    project = get_project(request, slug, manage=True)
    form = _asked(request, project.name, "Name of the project")
    if request.method == "POST" and form.is_valid():
        undoing.delete_project(project, timezone.now())
        messages.success(request, f"{project.name} is deleted. You can restore it for a day.")
        return redirect("teams")
    context = {"project": project, "form": form}
    return render(request, "teams/project_delete.html", context, status=_status(request))


@require_http_methods(ASKS)
def team_delete(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Ask for the name of the team, and delete it with its projects, to be restored for a day."""
    team = get_team(request, uuid, Right.OWN)
    form = _asked(request, team.name, "Name of the team")
    if request.method == "POST" and form.is_valid():
        undoing.delete_team(team, timezone.now())
        messages.success(request, f"{team.name} is deleted. You can restore it for a day.")
        return redirect("teams")
    context = {
        "project": last_seen_project(request),
        "team": team,
        "form": form,
        "projects": Project.objects.filter(team=team).order_by("name"),
        "n_members": Membership.objects.filter(team=team).count(),
    }
    return render(request, "teams/team_delete.html", context, status=_status(request))


@require_http_methods(ASKS)
def project_delete_now(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Ask for the name of a project that is kept for a day, and let go of it at once."""
    found = undoing.deleted_projects(request.user, timezone.now(), Right.OWN)
    return _delete_now(request, uuid, found, "project", deleting.delete_project)


@require_http_methods(ASKS)
def team_delete_now(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Do the same with a team and its projects."""
    found = undoing.deleted_teams(request.user, timezone.now())
    return _delete_now(request, uuid, found, "team", deleting.delete_team)


def _delete_now(
    request: SignedInRequest,
    uuid: UUID,
    found: Sequence[Kept],
    what: str,
    delete: Callable[[Kept, datetime], None],
) -> HttpResponse:
    one = next((each for each in found if each.uuid == uuid), None)
    if one is None:
        messages.error(request, "There is nothing to delete there, or you may not.")
        return redirect("teams")
    form = _asked(request, one.name, f"Name of the {what}")
    if request.method == "POST" and form.is_valid():
        delete(one, timezone.now())
        messages.success(request, f"{one.name} is deleted for good; its data goes now.")
        return redirect("teams")
    context = {"project": last_seen_project(request), "one": one, "what": what, "form": form}
    return render(request, "teams/delete_now.html", context, status=_status(request))


@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(ASKS)
def account_delete(request: SignedInRequest) -> HttpResponse:
    """Ask for the address of the account, and delete it."""
    user = request.user
    form = _asked(request, user.email, "Your e-mail address")
    why_not = accounts.why_not(user)
    if request.method == "POST" and form.is_valid() and not why_not:
        try:
            # Another object than the one of the request, which pages and logs still name.
            accounts.delete(User.objects.get(pk=user.pk), timezone.now())
        except accounts.CannotDelete as error:
            why_not = str(error)
        else:
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("account_login")
    context = {
        "project": last_seen_project(request),
        "form": form,
        "why_not": why_not,
        "memberships": Membership.objects.of_user(user),
    }
    return render(request, "teams/account_delete.html", context, status=_status(request))


def _asked(request: SignedInRequest, name: str, label: str) -> TypedNameForm:
    return TypedNameForm(request.POST if request.method == "POST" else None, name, label)


def _status(request: SignedInRequest) -> int:
    return 422 if request.method == "POST" else 200
