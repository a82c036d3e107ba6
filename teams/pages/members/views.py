"""Who is in a team: roles, removal, leaving, handing over. `where`: what the address names, as
`place_of` takes it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.access import SignedInRequest, refuse_without
from teams.models import Membership
from teams.pages.members import rows
from teams.pages.members.forms import HandOverForm, RoleForm
from teams.pages.members.place import Place, place_of, shown
from teams.people import members, rights
from teams.roles import Right


@require_safe
def member_list(request: SignedInRequest, **where: Any) -> HttpResponse:
    """Show the members of the team, and who is invited."""
    place = place_of(request, Right.READ, **where)
    return _page(request, place)


@require_POST
def member_role(request: SignedInRequest, pk: int, **where: Any) -> HttpResponse:
    """Give a member another role."""
    place = place_of(request, Right.MANAGE, **where)
    membership = _member(place, pk)
    if why := rights.wrong_with_touching(membership, request.user):
        raise PermissionDenied(why)
    form = RoleForm(request.POST, membership, rights.role_of(place.team, request.user))
    if not form.is_valid() or form.change(request.user, timezone.now()) is None:
        return _page(request, place, status=422, role_form=form)
    role = form.membership.user.email, form.cleaned_data["role"]
    messages.success(request, "{} is {} now.".format(*role))
    return redirect(place.url("members"))


@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: SignedInRequest, pk: int, **where: Any) -> HttpResponse:
    """Ask, and take a member out of the team."""
    place = place_of(request, Right.MANAGE, **where)
    membership = _member(place, pk)
    if why := rights.wrong_with_touching(membership, request.user):
        raise PermissionDenied(why)
    context = {**shown(request, place), **rows.what_ends(membership)}
    if request.method != "POST":
        return render(request, "teams/member_remove.html", context)
    try:
        members.remove(membership, by=request.user, now=timezone.now())
    except ValidationError as refused:
        return _refused(request, "teams/member_remove.html", context, refused)
    messages.success(request, f"{membership.user.email} is out of the team.")
    return redirect(place.url("members"))


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest, **where: Any) -> HttpResponse:
    """Ask, and take the person who asks out of the team."""
    place = place_of(request, Right.READ, **where)
    own = _own(request, place)
    context = {**shown(request, place), **rows.what_ends(own)}
    if request.method != "POST":
        return render(request, "teams/leave.html", context)
    try:
        members.remove(own, by=request.user, now=timezone.now())
    except ValidationError as refused:
        return _refused(request, "teams/leave.html", context, refused)
    messages.success(request, f"You have left {place.team.name}.")
    return redirect("home")


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: SignedInRequest, **where: Any) -> HttpResponse:
    """Make another member the owner in the place of the one who asks."""
    place = place_of(request, Right.MANAGE, **where)
    own = _own(request, place)
    refuse_without(own, Right.OWN)
    form = HandOverForm(request.POST if request.method == "POST" else None, own)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["member"]
        members.hand_over(place.team, request.user, to, now=timezone.now())
        messages.success(request, f"{to.user.email} is an owner now, and you are an admin.")
        return redirect(place.url("members"))
    status = 422 if request.method == "POST" else 200
    context = {**shown(request, place), "form": form}
    return render(request, "teams/hand_over.html", context, status=status)


def _member(place: Place, pk: int) -> Membership:
    members_of_team = Membership.objects.of_team(place.team.pk).select_related("user", "team")
    return get_object_or_404(members_of_team, pk=pk)


def _own(request: SignedInRequest, place: Place) -> Membership:
    return Membership.objects.select_related("user", "team").get(team=place.team, user=request.user)


def _page(request: SignedInRequest, place: Place, status: int = 200, **forms: Any) -> HttpResponse:
    context = shown(request, place) | rows.context(place, request.user, timezone.now(), **forms)
    return render(request, "teams/members.html", context, status=status)


def _refused(
    request: SignedInRequest, template: str, context: dict[str, Any], refused: ValidationError
) -> HttpResponse:
    return render(request, template, context | {"errors": refused.messages}, status=422)
