"""Who may do what with the members of a team: admins neither make owners nor touch them."""

from __future__ import annotations

from teams.models import Membership, Team, User
from teams.roles import REFUSALS, Right, Role, may, roles_given_by

NO_ROLE = "Choose one of owner, admin, member and viewer."
OWNERS_ONLY = "Only an owner makes somebody an owner, or changes what an owner is."


def wrong_with_giving(team: Team, by: User | None, role: str) -> str:
    """Say why `by` may not give this role in the team; "" if they may. None is the operator."""
    if role not in Role.values:
        return NO_ROLE
    if by is None:
        return ""
    own = role_of(team, by)
    if not may(own, Right.MANAGE):
        return REFUSALS[Right.MANAGE]
    return "" if role in roles_given_by(own) else OWNERS_ONLY


def wrong_with_touching(membership: Membership, by: User | None) -> str:
    """Say why `by` may not change or remove this member; "" if they may. Everybody may leave."""
    if by is None or membership.user_id == by.pk:
        return ""
    return wrong_with_giving(membership.team, by, membership.role)


def role_of(team: Team, user: User) -> str:
    """Return what a person is in a team; "" for a stranger."""
    found = Membership.objects.filter(team=team, user=user).values_list("role", flat=True).first()
    return found or ""
