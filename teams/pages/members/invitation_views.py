"""Invitations as owners and admins see them: made, sent again, revoked."""

from __future__ import annotations

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
from teams.access import SignedInRequest, get_project
from teams.models import Invitation, Project
from teams.pages.members import rows
from teams.pages.members.forms import InviteForm
from teams.people import invitation_mail as by_mail
from teams.people import invitations, rights


@never_cache
@require_POST
def invite(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make an invitation; where its link is passed on by hand, the answer is the only page that
    shows it, so it is no redirect."""
    project, now = get_project(request, slug, manage=True), timezone.now()
    form = InviteForm(request.POST, rights.role_of(project.team, request.user))
    with transaction.atomic():
        made = form.invite(project.team, request.user, now) if form.is_valid() else None
        if made and made[0].by_mail:
            by_mail.send(*made)
    if made is None:
        context = rows.context(project, request.user, now, invite_form=form)
        return render(request, "teams/members.html", context, status=422)
    if made[0].by_mail:
        messages.success(request, f"The invitation goes to {made[0].email}.")
        return redirect("members", project.slug)
    return _told(request, project, *made)


@never_cache
@require_POST
def invitation_link(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Make another link in the place of the one before, and show it once."""
    project = get_project(request, slug, manage=True)
    invitation = _find(request, project, uuid)
    token = invitations.new_link(invitation, by=request.user, now=timezone.now())
    invitation.refresh_from_db()
    return _told(request, project, invitation, token)


@require_POST
def invitation_mail(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Send an invitation again, with another link: the one before opens nothing."""
    project, now = get_project(request, slug, manage=True), timezone.now()
    invitation = _find(request, project, uuid)
    if not invitation.email or not mail.can_send():
        messages.error(request, "This server cannot mail that invitation. Make a new link of it.")
        return redirect("members", project.slug)
    with transaction.atomic():
        token = invitations.new_link(invitation, by=request.user, now=now, by_mail=True)
        by_mail.send(invitation, token)
    messages.success(request, f"The invitation goes to {invitation.email} once more.")
    return redirect("members", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_revoke(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Ask, and end an invitation."""
    project = get_project(request, slug, manage=True)
    invitation = _find(request, project, uuid)
    if request.method != "POST":
        context = {"project": project, "invitation": invitation}
        return render(request, "teams/invitation_revoke.html", context)
    invitations.revoke(invitation, timezone.now())
    messages.success(request, f"The invitation for {invitation.for_whom} works no more.")
    return redirect("members", project.slug)


def _find(request: SignedInRequest, project: Project, uuid: UUID) -> Invitation:
    """Return a waiting invitation whose role the person may give."""
    waiting = Invitation.objects.of_team(project.team_id).select_related("team", "created_by")
    invitation: Invitation = get_object_or_404(waiting, uuid=uuid)
    if why := rights.wrong_with_giving(project.team, request.user, invitation.role):
        raise PermissionDenied(why)
    return invitation


def _told(
    request: SignedInRequest, project: Project, invitation: Invitation, token: str
) -> HttpResponse:
    """Show the link once to whoever made it."""
    context = {
        "project": project,
        "invitation": invitation,
        "address": invitations.address_of(token),
    }
    return render(request, "teams/invitation_made.html", context)
