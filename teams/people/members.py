"""The verbs of members: who is in a team, with which role, and out of it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from teams import audit
from teams.models import Membership, Team, User

LAST_OWNER = "A team needs an owner: make somebody else one first."


def of_team(team: Team) -> Sequence[Membership]:
    """Return the members of a team with their users, by e-mail address."""
    return list(Membership.objects.of_team(team.pk))


@transaction.atomic
def add(team: Team, user: User, role: str) -> Membership:
    """Take somebody into a team. Raises ValidationError with messages by field: role, user."""
    _check_role(role)
    membership, is_new = Membership.objects.get_or_create(
        team=team, user=user, defaults={"role": role}
    )
    if not is_new:
        raise ValidationError({"user": [f"{user.email} is in this team already."]})
    audit.record("member.added", **_about(membership), after={"role": role})
    return membership


@transaction.atomic
def change_role(membership: Membership, role: str) -> Membership:
    """Give a member another role. Raises ValidationError with messages by field: role."""
    _check_role(role)
    locked = _locked(membership)
    if role != Membership.Role.OWNER and _is_last_owner(locked):
        raise ValidationError({"role": [LAST_OWNER]})
    before, locked.role = locked.role, role
    locked.save(update_fields=["role"])
    roles = {"role": before}, {"role": role}
    audit.record("member.role_changed", **_about(locked), before=roles[0], after=roles[1])
    return locked


@transaction.atomic
def remove(membership: Membership) -> None:
    """Take a member out of the team; what the person made stays.

    Raises ValidationError with messages by field: role.
    """
    locked = _locked(membership)
    if _is_last_owner(locked):
        raise ValidationError({"role": [LAST_OWNER]})
    audit.record("member.removed", **_about(locked), before={"role": locked.role})
    locked.delete()


def _about(membership: Membership) -> dict[str, Any]:
    """Return which member an entry of the audit log is about."""
    person = membership.user
    return {
        "kind": "member",
        "thing": person.email,
        "thing_id": person.pk,
        "team": membership.team,
    }


def _locked(membership: Membership) -> Membership:
    """Lock all members of the team, so that of two owners only one can go."""
    rows = Membership.objects.select_for_update().filter(team=membership.team_id)
    return {row.pk: row for row in rows.order_by("pk")}[membership.pk]


def _is_last_owner(membership: Membership) -> bool:
    owners = Membership.objects.filter(team=membership.team_id, role=Membership.Role.OWNER)
    return membership.role == Membership.Role.OWNER and owners.count() == 1


def _check_role(role: str) -> None:
    if role not in Membership.Role.values:
        raise ValidationError({"role": [f"Choose one of {', '.join(Membership.Role.values)}."]})
