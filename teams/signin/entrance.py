"""Who may make an account now: the first visitor, who was invited, and with SIGNUP=open anybody."""

from __future__ import annotations

from enum import Enum

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from core import mail
from teams.models import Invitation, User
from teams.people import invitations
from teams.signin import first_visitor

#: In the session: that the printed link for the first visitor was followed.
FIRST = "first_visitor"


class As(Enum):
    """What somebody makes an account as."""

    FIRST_VISITOR = "first"
    INVITED = "invited"
    ANYBODY = "anybody"


class Closed(Exception):
    """Nobody may make an account here without an invitation; the text says so."""


def let_in_now(request: HttpRequest) -> As:
    """Return what somebody may make an account as. Raises Closed.

    Inside of a transaction only one at a time can become the first visitor.
    """
    if (
        first_visitor.is_awaited()
        and _may_be_first(request)
        and (not connection.in_atomic_block or first_visitor.comes_alone())
    ):
        return As.FIRST_VISITOR
    if invitation_of(request):
        return As.INVITED
    if settings.SIGNUP == "open":
        return As.ANYBODY
    raise Closed("Accounts are made by invitation here.")


def is_open_to(request: HttpRequest) -> bool:
    """Say whether somebody may make an account."""
    try:
        let_in_now(request)
    except Closed:
        return False
    return True


def invitation_of(request: HttpRequest) -> Invitation | None:
    """Return the invitation that somebody said yes to before making an account, if it is good."""
    token = request.session.get(invitations.IN_SESSION, "")
    try:
        return invitations.find(token, timezone.now()) if token else None
    except invitations.NoInvitation:
        return None


def welcome(request: HttpRequest, user: User, let_in: As) -> None:
    """Give a new account what it was let in with. Raises Closed where an invitation is not for it,
    or somebody was faster."""
    if let_in is As.FIRST_VISITOR:
        first_visitor.appoint(user)
        request.session.pop(FIRST, None)
    elif let_in is As.INVITED:
        invitation = invitation_of(request)
        if invitation is None or invitation.email not in ("", user.email.lower()):
            raise Closed("This invitation is for another address, or is used by now.")
        take_up(request, user, confirms=False)


def take_up(request: HttpRequest, user: User, *, confirms: bool = True) -> bool:
    """Take the invitation of this visit, if there is one that the person may take already; one for
    an address that is not confirmed yet waits. Return whether it was taken."""
    invitation = invitation_of(request)
    if invitation is None:
        return False
    try:
        invitations.accept(invitation, user, timezone.now(), confirms=confirms)
    except (invitations.NoInvitation, invitations.CannotAccept):
        return False
    request.session.pop(invitations.IN_SESSION, None)
    return True


def may_enter_unconfirmed(user: User) -> bool:
    """Say whether somebody may sign in before the address is confirmed: who was in before, staff,
    and, where no mail could be sent, who was invited."""
    was_invited = Invitation.objects.filter(accepted_by=user).exists()
    return user.last_login is not None or user.is_staff or (was_invited and not mail.can_send())


def _may_be_first(request: HttpRequest) -> bool:
    """Ask for the link that the start printed where anybody on the internet could be first."""
    return not settings.PRODUCTION or bool(request.session.get(FIRST))
