"""The verbs of members: who is in a team, with which role, and out of it again.

by: who does it, None for the operator. An admin neither makes owners nor touches them, and a team
always keeps one: all of its members are locked before one of them changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from teams import audit, limits
from teams.models import Membership, Team, User
from teams.people import departures, invitations, rights
from teams.roles import Right, Role, roles_given_by

LAST_OWNER = "A team needs an owner: make somebody else one first."
GONE = "This person is not in the team any more."


def of_team(team: Team) -> Sequence[Membership]:
    """Return the members of a team with their users, by e-mail address."""
    return list(Membership.objects.of_team(team.pk))


@transaction.atomic
def add(team: Team, user: User, role: str, *, by: User | None = None) -> Membership:
    """Take somebody into a team. Raises ValidationError with messages by field: role, user."""
    if why := rights.wrong_with_giving(team, by, role):
        raise ValidationError({"role": [why]})
    if not Membership.objects.filter(team=team, user=user).exists():
        limits.check_room_for_member(Team.objects.select_for_update().get(pk=team.pk))
    membership, is_new = Membership.objects.get_or_create(
        team=team, user=user, defaults={"role": role}
    )
    if not is_new:
        raise ValidationError({"user": [f"{user.email} is in this team already."]})
    audit.record("member.added", **about(membership), after={"role": role})
    return membership


@transaction.atomic
def change_role(
    membership: Membership, role: str, *, now: datetime, by: User | None = None
) -> Membership:
    """Give a member another role. What they have offered others with a higher one is revoked.

    Raises ValidationError with messages by field: role.
    """
    locked = _locked(membership)
    why = rights.wrong_with_touching(locked, by) or rights.wrong_with_giving(locked.team, by, role)
    if why:
        raise ValidationError({"role": [why]})
    if role != Role.OWNER:
        _keep_an_owner(locked)
    before, locked.role = locked.role, role
    locked.save(update_fields=["role"])
    roles = {"role": before}, {"role": role}
    audit.record("member.role_changed", **about(locked), before=roles[0], after=roles[1])
    _take_offers_back(locked, role, now)
    return locked


@transaction.atomic
def remove(membership: Membership, *, now: datetime, by: User | None = None) -> None:
    """Take a member out of the team: their keys, programs, invitations and subscriptions end; what
    they made stays. Whoever removes themselves leaves.

    Raises ValidationError with messages by field: role.
    """
    locked = _locked(membership)
    if why := rights.wrong_with_touching(locked, by):
        raise ValidationError({"role": [why]})
    _keep_an_owner(locked)
    user, team = locked.user, locked.team
    action = "member.left" if by and by.pk == user.pk else "member.removed"
    audit.record(action, **about(locked), before={"role": locked.role})
    locked.delete()
    invitations.revoke_all_by(user, team, now, list(Role.values))
    departures.has_left(user, team, now)


@transaction.atomic
def hand_over(team: Team, owner: User, to: Membership, *, now: datetime) -> Membership:
    """Make another member an owner in the place of `owner`, who is an admin from then on.

    Raises ValidationError with messages by field: role.
    """
    mine = _locked(Membership.objects.get(team=team, user=owner))
    theirs = _locked(to)
    if not mine.may(Right.OWN) or theirs.team_id != team.pk:
        raise ValidationError({"role": [rights.OWNERS_ONLY]})
    if mine.pk == theirs.pk:
        raise ValidationError({"role": ["Choose somebody else."]})
    theirs.role, mine.role = Role.OWNER, Role.ADMIN
    theirs.save(update_fields=["role"])
    mine.save(update_fields=["role"])
    handed = {"from": owner.email, "to": theirs.user.email}
    audit.record("team.handed_over", kind="team", thing=team.name, team=team, after=handed)
    _take_offers_back(mine, Role.ADMIN, now)
    return theirs


def about(membership: Membership) -> dict[str, Any]:
    """Return which member an entry of the audit log is about."""
    thing, key = membership.user.email, membership.user_id
    return {"kind": "member", "thing": thing, "thing_id": key, "team": membership.team}


def is_last_owner(membership: Membership) -> bool:
    """Say whether the team would have no owner without this one."""
    owners = Membership.objects.filter(team=membership.team_id, role=Role.OWNER)
    return membership.role == Role.OWNER and owners.count() == 1


def _locked(membership: Membership) -> Membership:
    """Lock all members of the team, so that of two owners only one can go."""
    rows = Membership.objects.select_for_update(of=("self",)).select_related("team", "user")
    found = {row.pk: row for row in rows.filter(team=membership.team_id).order_by("pk")}
    if membership.pk not in found:
        raise ValidationError({"role": [GONE]})
    return found[membership.pk]


def _keep_an_owner(membership: Membership) -> None:
    if is_last_owner(membership):
        raise ValidationError({"role": [LAST_OWNER]})


def _take_offers_back(membership: Membership, role: str, now: datetime) -> None:
    """Revoke the invitations with roles that the person could not give now."""
    too_high = [each for each in Role.values if each not in roles_given_by(role)]
    invitations.revoke_all_by(membership.user, membership.team, now, too_high)
