"""The end of an account: the person goes, what they made stays, without their name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from teams import audit
from teams.models import Membership, User
from teams.people import departures, invitations, members
from teams.roles import Role

ONLY_STAFF = "You are the only one who runs this server. Make somebody else staff first."


class CannotDelete(Exception):
    """Somebody depends on the account; the text says what to do first."""


def why_not(user: User) -> str:
    """Say why an account cannot be deleted yet; "" where it can."""
    if owned := _owned_alone(user):
        names = ", ".join(one.team.name for one in owned)
        return f"You are the only owner of {names}. Hand it over, or delete it, first."
    staff = User.objects.filter(is_superuser=True, is_active=True)
    if user.is_superuser and not staff.exclude(pk=user.pk).exists():
        return ONLY_STAFF
    return ""


@transaction.atomic
def delete(user: User, now: datetime) -> None:
    """Delete the account of a person, with all that was theirs alone: memberships, programs,
    subscriptions; their keys and invitations end. Raises CannotDelete."""
    teams = Membership.objects.filter(user=user).values("team")
    rows = Membership.objects.select_for_update(of=("self",)).filter(team__in=teams)
    list(rows.order_by("pk"))  # so that of two owners only one can go
    if why := why_not(user):
        raise CannotDelete(why)
    for membership in Membership.objects.filter(user=user).select_related("team"):
        team = membership.team
        audit.record("member.left", **members.about(membership), before={"role": membership.role})
        invitations.revoke_all_by(user, team, now, list(Role.values))
        departures.has_left(user, team, now)
    audit.record("account.deleted", kind="account", thing=user.email, thing_id=user.pk)
    user.delete()


def _owned_alone(user: User) -> Sequence[Membership]:
    mine = Membership.objects.of_user(user).filter(role=Role.OWNER)
    return [each for each in mine if members.is_last_owner(each)]
