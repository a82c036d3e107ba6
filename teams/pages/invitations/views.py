"""The page that an invitation's link opens, for people with and without an account."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from teams.access import SignedInRequest
from teams.models import Project, User
from teams.people import invitations
from teams.people.invitations import CannotAccept, NoInvitation
from teams.roles import MEANING


@never_cache
@login_not_required
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites whom into what. Looking uses nothing up: previews of links do."""
    try:
        found = invitations.find(token, timezone.now())
    except NoInvitation as error:
        return render(request, "teams/invitation_none.html", {"why": str(error)}, status=404)
    here = reverse("invitation", args=[token])
    user = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": found,
        "token": token,
        "meaning": MEANING[found.role],
        "why_not": invitations.why_not(found, user) if user else "",
        "login_url": f"{reverse('account_login')}?{urlencode({'next': here})}",
    }
    return render(request, "teams/invitation.html", context)


@never_cache
@require_POST
def invitation_join(request: SignedInRequest, token: str) -> HttpResponse:
    """Take the signed-in person into the team."""
    now = timezone.now()
    try:
        found = invitations.find(token, now)
        membership = invitations.accept(found, request.user, now)
    except (NoInvitation, CannotAccept) as error:
        messages.error(request, str(error))
        return redirect("invitation", token)
    messages.success(request, f"You are in {membership.team.name} now.")
    first = Project.objects.filter(team=membership.team).order_by("pk").first()
    return redirect("signals", first.slug) if first else redirect("home")


@never_cache
@login_not_required
@require_POST
def invitation_sign_up(request: HttpRequest, token: str) -> HttpResponse:
    """Lead somebody without an account to the form that makes one, which takes the invitation."""
    try:
        invitations.find(token, timezone.now())
    except NoInvitation:
        return redirect("invitation", token)
    request.session[invitations.IN_SESSION] = token
    return redirect("account_signup")
