"""Who is in the team of a project: roles, removal, leaving, handing over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.access import SignedInRequest, get_project, refuse_without
from teams.models import Membership, Project
from teams.pages.members import rows
from teams.pages.members.forms import HandOverForm, RoleForm
from teams.people import members, rights
from teams.roles import Right


@require_safe
def member_list(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the members of the team, and who is invited."""
    project = get_project(request, slug)
    return _page(request, project)


@require_POST
def member_role(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Give a member another role."""
    project = get_project(request, slug, manage=True)
    membership = _member(project, pk)
    if why := rights.wrong_with_touching(membership, request.user):
        raise PermissionDenied(why)
    form = RoleForm(request.POST, membership, rights.role_of(project.team, request.user))
    if not form.is_valid() or form.change(request.user, timezone.now()) is None:
        return _page(request, project, status=422, role_form=form)
    role = form.membership.user.email, form.cleaned_data["role"]
    messages.success(request, "{} is {} now.".format(*role))
    return redirect("members", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Ask, and take a member out of the team."""
    project = get_project(request, slug, manage=True)
    membership = _member(project, pk)
    if why := rights.wrong_with_touching(membership, request.user):
        raise PermissionDenied(why)
    context = {"project": project, **rows.what_ends(membership)}
    if request.method != "POST":
        return render(request, "teams/member_remove.html", context)
    try:
        members.remove(membership, by=request.user, now=timezone.now())
    except ValidationError as refused:
        return _refused(request, "teams/member_remove.html", context, refused)
    messages.success(request, f"{membership.user.email} is out of the team.")
    return redirect("members", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask, and take the person who asks out of the team."""
    project = get_project(request, slug)
    own = _own(request, project)
    context = {"project": project, **rows.what_ends(own)}
    if request.method != "POST":
        return render(request, "teams/leave.html", context)
    try:
        members.remove(own, by=request.user, now=timezone.now())
    except ValidationError as refused:
        return _refused(request, "teams/leave.html", context, refused)
    messages.success(request, f"You have left {project.team.name}.")
    return redirect("home")


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make another member the owner in the place of the one who asks."""
    project = get_project(request, slug, manage=True)
    own = _own(request, project)
    refuse_without(own, Right.OWN)
    form = HandOverForm(request.POST if request.method == "POST" else None, own)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["member"]
        members.hand_over(project.team, request.user, to, now=timezone.now())
        messages.success(request, f"{to.user.email} is an owner now, and you are an admin.")
        return redirect("members", project.slug)
    status = 422 if request.method == "POST" else 200
    context = {"project": project, "form": form}
    return render(request, "teams/hand_over.html", context, status=status)


def _member(project: Project, pk: int) -> Membership:
    members_of_team = Membership.objects.of_team(project.team_id).select_related("user", "team")
    return get_object_or_404(members_of_team, pk=pk)


def _own(request: SignedInRequest, project: Project) -> Membership:
    return Membership.objects.select_related("user", "team").get(
        team=project.team_id, user=request.user
    )


def _page(
    request: SignedInRequest, project: Project, status: int = 200, **forms: Any
) -> HttpResponse:
    context = rows.context(project, request.user, timezone.now(), **forms)
    return render(request, "teams/members.html", context, status=status)


def _refused(
    request: SignedInRequest, template: str, context: dict[str, Any], refused: ValidationError
) -> HttpResponse:
    return render(request, template, context | {"errors": refused.messages}, status=422)
