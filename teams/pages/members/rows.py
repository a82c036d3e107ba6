"""The members of a team and its invitations as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import mail
from teams.models import ApiKey, Invitation, Membership, Team, User
from teams.pages.members.forms import InviteForm, RoleForm
from teams.pages.members.place import Place
from teams.people import members, rights
from teams.roles import MEANING, Right, Role, roles_given_by


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member. form: to give another role; None where the viewer may not."""

    membership: Membership
    is_viewer: bool
    form: RoleForm | None
    may_remove: bool


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation that waits. may_change: the viewer may give its role."""

    invitation: Invitation
    has_run_out: bool
    may_change: bool


def context(
    place: Place,
    viewer: User,
    now: datetime,
    invite_form: InviteForm | None = None,
    role_form: RoleForm | None = None,
) -> dict[str, Any]:
    """Return what the page of members shows, with the form that a person has sent, if any."""
    of_team = members.of_team(place.team)
    own_role = next(each.role for each in of_team if each.user_id == viewer.pk)
    manages = place.viewer_can_manage
    owners = [each for each in of_team if each.role == Role.OWNER]
    return {
        "members": [member_row(each, viewer, own_role, role_form) for each in of_team],
        "invitations": invitation_rows(place.team, own_role, now) if manages else [],
        "invite_form": (invite_form or InviteForm(None, own_role)) if manages else None,
        "roles": [(role.label, MEANING[role]) for role in Role],
        "sends_mail": mail.can_send(),
        "is_last_owner": own_role == Role.OWNER and len(owners) == 1,
        "is_alone": len(of_team) == 1,
    }


def member_row(
    membership: Membership, viewer: User, own_role: str, sent: RoleForm | None
) -> MemberRow:
    """Return the row of a member, with the form that was sent about them, if it was."""
    is_viewer = membership.user_id == viewer.pk
    may_touch = not is_viewer and membership.role in roles_given_by(own_role)
    form = None
    if sent and sent.membership.pk == membership.pk:
        form = sent
    elif may_touch:
        form = RoleForm(None, membership, own_role)
    return MemberRow(membership, is_viewer, form, may_touch)


def invitation_rows(team: Team, own_role: str, now: datetime) -> list[InvitationRow]:
    """Return the invitations that nobody has taken yet, newest first."""
    given = roles_given_by(own_role)
    waiting = Invitation.objects.of_team(team.pk)
    return [InvitationRow(one, one.expires_at <= now, one.role in given) for one in waiting]


def what_ends(membership: Membership) -> dict[str, Any]:
    """Return what ends when this member goes, for the page that asks."""
    team, user = membership.team_id, membership.user
    keys = ApiKey.objects.filter(project__team=team, created_by=user, revoked_at=None)
    made = Invitation.objects.waiting().filter(team=team, created_by=user)
    return {
        "membership": membership,
        "keys": list(keys.select_related("project").order_by("project__name", "name")[:50]),
        "n_invitations": made.count(),
        "is_last_owner": members.is_last_owner(membership),
    }


def may_touch(membership: Membership, viewer: User) -> bool:
    """Say whether the viewer may change or remove a member other than themselves."""
    has = rights.role_of(membership.team, viewer)
    return membership.role in roles_given_by(has) and membership.may(Right.READ)
