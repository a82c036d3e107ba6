"""People and tenancy: users, teams, projects and the keys that traffic comes in with."""

from teams.models.api_keys import KEY_PREFIX, SHOWN_CHARS, ApiKey, Rights, digest_of
from teams.models.audit_entries import AuditEntry
from teams.models.invitations import Invitation
from teams.models.projects import Project, free_slug
from teams.models.signin_links import SignInLink
from teams.models.teams import Membership, Team
from teams.models.users import User

__all__ = [
    "KEY_PREFIX",
    "SHOWN_CHARS",
    "ApiKey",
    "AuditEntry",
    "Invitation",
    "Membership",
    "Project",
    "Rights",
    "SignInLink",
    "Team",
    "User",
    "digest_of",
    "free_slug",
]
