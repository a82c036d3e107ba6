"""The verbs of an invitation: made, sent again, revoked, found by its token, taken.

Looking at an invitation uses nothing up; `accept` does. Only a hash of the token is kept, so a
link that was lost is not shown again: `new_link` makes another, and the one before opens nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse

from teams import audit, limits
from teams.models import Invitation, Membership, Team, User, digest_of
from teams.people import rights

#: How many days a link may work.
DAYS = (1, 7, 30)
DEFAULT_DAYS = 7
MAX_NOTE_CHARS = 100
MAX_TOKEN_CHARS = 100
#: In the session of somebody who makes an account with it: the token.
IN_SESSION = "invitation"

NO_SUCH = "This invitation does not work: it was used or revoked, or the link is not whole."
RUN_OUT = "This invitation has run out. Ask {whom} for another."
ALREADY_IN = "You are a member of {team} already. The invitation is still good for somebody else."
OTHER_ADDRESS = (
    "This invitation is for {email}. Sign in with that address, or ask {whom} to invite the one "
    "that you use here, {mine}."
)
UNCONFIRMED = (
    "This invitation is for {email}, which you have not confirmed yet. Follow the link in the "
    "mail of that confirmation, then open the invitation again."
)


class NoInvitation(Exception):
    """There is nothing to be taken with that token; the text says so to the person."""


class CannotAccept(Exception):
    """This person may not take the invitation; the text says why, and what to do."""


@transaction.atomic
def invite(
    team: Team,
    role: str,
    *,
    by: User | None,
    now: datetime,
    email: str = "",
    note: str = "",
    days: int = DEFAULT_DAYS,
    by_mail: bool = False,
) -> tuple[Invitation, str]:
    """Make an invitation; return it with its token, which is not stored and cannot be had again.

    by: who invites, None for the operator. email: who alone may take it, "" for whoever has the
    link. by_mail: the token goes to that address and to nobody else.
    Raises ValidationError with messages by field: email, note, role, days.
    """
    email = email.strip().lower()
    errors = {
        "email": _wrong_with_email(team, email) if email or not by_mail else NO_ADDRESS,
        "note": "" if len(note.strip()) <= MAX_NOTE_CHARS and note.isprintable() else _LINE,
        "role": rights.wrong_with_giving(team, by, role),
        "days": "" if days in DAYS else "Choose how long the link works.",
    }
    if any(errors.values()):
        raise ValidationError({field: [why] for field, why in errors.items() if why})
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        team=team,
        email=email,
        note=note.strip(),
        role=role,
        digest=digest_of(token),
        created_by=by,
        created_at=now,
        expires_at=now + timedelta(days=days),
        by_mail=by_mail,
    )
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        raise ValidationError({"email": [INVITED.format(email=email)]}) from None
    shown = {"role": role, "expires_at": invitation.expires_at, "by_mail": by_mail}
    audit.record("invitation.made", **about(invitation), after=shown)
    return invitation, token


@transaction.atomic
def new_link(
    invitation: Invitation, *, by: User | None, now: datetime, by_mail: bool = False
) -> str:
    """Make another token with as many days as the first, and return it; the one before is dead.

    by_mail: it goes to the invitation's address, which has one, and to nobody else.
    Raises NoInvitation for one that was taken or revoked, and ValidationError (role) where `by`
    may not give its role.
    """
    locked = _locked(invitation)
    if why := rights.wrong_with_giving(locked.team, by, locked.role):
        raise ValidationError({"role": [why]})
    token = secrets.token_urlsafe(32)
    valid_for = locked.expires_at - locked.created_at
    locked.digest, locked.created_at, locked.expires_at = digest_of(token), now, now + valid_for
    locked.by_mail, locked.mailed_at, locked.mail_error = by_mail, None, ""
    locked.save(
        update_fields=["digest", "created_at", "expires_at", "by_mail", "mailed_at", "mail_error"]
    )
    audit.record("invitation.renewed", **about(locked), after={"by_mail": by_mail})
    return token


@transaction.atomic
def revoke(invitation: Invitation, now: datetime) -> None:
    """End an invitation: its link opens nothing from now on. Raises NoInvitation if it was taken or
    revoked already."""
    locked = _locked(invitation)
    locked.revoked_at = now
    locked.save(update_fields=["revoked_at"])
    audit.record("invitation.revoked", **about(locked), before={"role": locked.role})


def revoke_all_by(user: User, team: Team, now: datetime, roles: list[str]) -> int:
    """Revoke what a person has made with one of these roles and nobody has taken; return how
    many: those who may invite no more leave no open door behind."""
    mine = Invitation.objects.waiting().filter(team=team, created_by=user, role__in=roles)
    mine = mine.select_related("team")
    found = list(mine)
    for invitation in found:
        revoke(invitation, now)
    return len(found)


def find(token: str, now: datetime) -> Invitation:
    """Return the invitation of a token, with its team and who made it, and use nothing up.

    Raises NoInvitation for one that is good for nothing.
    """
    if len(token) > MAX_TOKEN_CHARS:
        raise NoInvitation(NO_SUCH)
    found = Invitation.objects.waiting().filter(digest=digest_of(token), team__deleted_at=None)
    invitation = found.select_related("team", "created_by").first()
    if invitation is None:
        raise NoInvitation(NO_SUCH)
    if invitation.expires_at <= now:
        raise NoInvitation(RUN_OUT.format(whom=_maker(invitation)))
    return invitation


def why_not(invitation: Invitation, user: User) -> str:
    """Say why a person with an account may not take an invitation; "" for one who may."""
    if Membership.objects.filter(team=invitation.team_id, user=user).exists():
        return ALREADY_IN.format(team=invitation.team.name)
    if not invitation.email:
        return ""
    said = {"email": invitation.email, "whom": _maker(invitation), "mine": user.email}
    mine = EmailAddress.objects.filter(user=user, email__iexact=invitation.email)
    if user.email.lower() != invitation.email and not mine.filter(verified=True).exists():
        return OTHER_ADDRESS.format(**said)
    if not invitation.proves_address and not mine.filter(verified=True).exists():
        return UNCONFIRMED.format(**said)
    return ""


@transaction.atomic
def accept(
    invitation: Invitation, user: User, now: datetime, *, confirms: bool = True
) -> Membership:
    """Take a person into the team, and use the invitation up; one that came by mail also confirms
    the address. confirms: False where an account is just being made, which sees to that itself.

    Raises NoInvitation where somebody was faster, and CannotAccept.
    """
    locked = _locked(invitation)
    if locked.expires_at <= now or locked.team.deleted_at is not None:
        raise NoInvitation(RUN_OUT.format(whom=_maker(locked)))
    if why := why_not(locked, user):
        raise CannotAccept(why)
    members = limits.members_of(Team.objects.select_for_update().get(pk=locked.team_id))
    if members.is_full:
        raise CannotAccept(limits.refusal(members.limit, "member"))
    membership = Membership.objects.create(team=locked.team, user=user, role=locked.role)
    shown = {"role": locked.role, "by": user.email}
    audit.record("invitation.taken", **about(locked), after=shown)
    locked.accepted_at, locked.accepted_by = now, user
    locked.save(update_fields=["accepted_at", "accepted_by"])
    if confirms and locked.proves_address and user.email.lower() == locked.email:
        _confirm(user)
    return membership


def about(invitation: Invitation) -> dict[str, Any]:
    """Return which invitation an entry of the audit log is about."""
    thing, key = invitation.for_whom, invitation.uuid
    return {"kind": "invitation", "thing": thing, "thing_id": key, "team": invitation.team}


def address_of(token: str) -> str:
    """Return the whole address of an invitation, from BASE_URL alone."""
    return settings.BASE_URL + reverse("invitation", args=[token])


NO_ADDRESS = "Say where the mail goes."
INVITED = "{email} is invited already. Send that invitation again, or revoke it first."
_LINE = f"A line of at most {MAX_NOTE_CHARS} characters."


def _locked(invitation: Invitation) -> Invitation:
    """Lock an invitation that still waits, so that it is taken once. Raises NoInvitation."""
    waiting = Invitation.objects.waiting().select_for_update(of=("self",))
    # Of the token that was shown: another has been made meanwhile, and this one is dead.
    same = waiting.filter(pk=invitation.pk, digest=invitation.digest)
    locked = same.select_related("team", "created_by").first()
    if locked is None:
        raise NoInvitation(NO_SUCH)
    return locked


def _wrong_with_email(team: Team, email: str) -> str:
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return "That is no e-mail address."
    if len(email) > 254:
        return "That is no e-mail address."
    if Membership.objects.filter(team=team, user__email__iexact=email).exists():
        return f"{email} is in this team already."
    return ""


def _confirm(user: User) -> None:
    """Note that the address of an account is its person's."""
    row, _is_new = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not row.verified and row.set_verified():
        row.set_as_primary()


def _maker(invitation: Invitation) -> str:
    return invitation.created_by.email if invitation.created_by else "an owner of the team"
