"""Invitations as owners and admins see them: made, sent again, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import mail
from teams.access import SignedInRequest
from teams.models import Invitation
from teams.pages.members import rows
from teams.pages.members.forms import InviteForm
from teams.pages.members.place import Place, place_of, shown
from teams.people import invitation_mail as by_mail
from teams.people import invitations, rights
from teams.roles import Right


@never_cache
@require_POST
def invite(request: SignedInRequest, **where: Any) -> HttpResponse:
    """Make an invitation; where its link is passed on by hand, the answer is the only page that
    shows it, so it is no redirect."""
    place, now = place_of(request, Right.MANAGE, **where), timezone.now()
    form = InviteForm(request.POST, rights.role_of(place.team, request.user))
    with transaction.atomic():
        made = form.invite(place.team, request.user, now) if form.is_valid() else None
        if made and made[0].by_mail:
            by_mail.send(*made)
    if made is None:
        context = shown(request, place) | rows.context(place, request.user, now, invite_form=form)
        return render(request, "teams/members.html", context, status=422)
    if made[0].by_mail:
        messages.success(request, f"The invitation goes to {made[0].email}.")
        return redirect(place.url("members"))
    return _told(request, place, *made)


@never_cache
@require_POST
def invitation_link(request: SignedInRequest, uuid: UUID, **where: Any) -> HttpResponse:
    """Make another link in the place of the one before, and show it once."""
    place = place_of(request, Right.MANAGE, **where)
    invitation = _find(request, place, uuid)
    token = invitations.new_link(invitation, by=request.user, now=timezone.now())
    invitation.refresh_from_db()
    return _told(request, place, invitation, token)


@require_POST
def invitation_mail(request: SignedInRequest, uuid: UUID, **where: Any) -> HttpResponse:
    """Send an invitation again, with another link: the one before opens nothing."""
    place, now = place_of(request, Right.MANAGE, **where), timezone.now()
    invitation = _find(request, place, uuid)
    if not invitation.email or not mail.can_send():
        messages.error(request, "This server cannot mail that invitation. Make a new link of it.")
        return redirect(place.url("members"))
    with transaction.atomic():
        token = invitations.new_link(invitation, by=request.user, now=now, by_mail=True)
        by_mail.send(invitation, token)
    messages.success(request, f"The invitation goes to {invitation.email} once more.")
    return redirect(place.url("members"))


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_revoke(request: SignedInRequest, uuid: UUID, **where: Any) -> HttpResponse:
    """Ask, and end an invitation."""
    place = place_of(request, Right.MANAGE, **where)
    invitation = _find(request, place, uuid)
    if request.method != "POST":
        context = {**shown(request, place), "invitation": invitation}
        return render(request, "teams/invitation_revoke.html", context)
    invitations.revoke(invitation, timezone.now())
    messages.success(request, f"The invitation for {invitation.for_whom} works no more.")
    return redirect(place.url("members"))


def _find(request: SignedInRequest, place: Place, uuid: UUID) -> Invitation:
    """Return a waiting invitation whose role the person may give."""
    waiting = Invitation.objects.of_team(place.team.pk).select_related("team", "created_by")
    invitation: Invitation = get_object_or_404(waiting, uuid=uuid)
    if why := rights.wrong_with_giving(place.team, request.user, invitation.role):
        raise PermissionDenied(why)
    return invitation


def _told(
    request: SignedInRequest, place: Place, invitation: Invitation, token: str
) -> HttpResponse:
    """Show the link once to whoever made it."""
    context = {
        **shown(request, place),
        "invitation": invitation,
        "address": invitations.address_of(token),
    }
    return render(request, "teams/invitation_made.html", context)
