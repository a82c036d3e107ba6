"""What a person may do in a team: four roles, each with the rights of the one below it. Pure.

READ shows everything of the team's projects, and whoever reads may mute and subscribe for
themselves. WRITE makes and changes signals, alerts, runs, reviews, trials, uploads and exports.
MANAGE is about who and what else comes in, and what is kept: people, keys, judges, Slack, budgets,
retention, erasure, settings of a project. OWN deletes the team and hands it over.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import IntegerChoices, TextChoices


class Right(IntegerChoices):
    """What something needs of the person who does it; a higher one has all below it."""

    READ = 1
    WRITE = 2
    MANAGE = 3
    OWN = 4


class Role(TextChoices):
    """What a member is in a team, the most first."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


RIGHT_OF: Mapping[str, Right] = {
    Role.OWNER: Right.OWN,
    Role.ADMIN: Right.MANAGE,
    Role.MEMBER: Right.WRITE,
    Role.VIEWER: Right.READ,
}

#: What each role is for, where a person chooses one.
MEANING: Mapping[str, str] = {
    Role.OWNER: "Everything, and handing over or deleting the team.",
    Role.ADMIN: "People, keys, judges, Slack and settings, besides what members do.",
    Role.MEMBER: "Makes signals, alerts, runs, reviews and exports.",
    Role.VIEWER: "Looks at everything; mutes and subscribes for themselves.",
}

#: What somebody is told who tries what needs this right.
REFUSALS: Mapping[Right, str] = {
    Right.READ: "You are not a member of this team.",
    Right.WRITE: "You can look at this project, but your role does not let you change it. "
    "Ask an owner or an admin of the team to make you a member.",
    Right.MANAGE: "Only owners and admins of the team may do that. Ask one of them.",
    Right.OWN: "Only an owner of the team may do that. Ask one of them.",
}


def may(role: str, right: Right) -> bool:
    """Say whether a role has a right; a role that nobody knows has none."""
    has = RIGHT_OF.get(role)
    return has is not None and has >= right


def roles_with(right: Right) -> list[str]:
    """Return the roles that have a right."""
    return [role for role, has in RIGHT_OF.items() if has >= right]


def roles_given_by(role: str) -> list[Role]:
    """Return the roles that a person of this role may give to others and take from them, the most
    first: admins neither make owners nor touch them."""
    if not may(role, Right.MANAGE):
        return []
    return list(Role) if role == Role.OWNER else [each for each in Role if each != Role.OWNER]
