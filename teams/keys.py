"""The verbs of an API key: issued, revoked."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError

from teams.models import ApiKey, Project, User

MAX_NAME_CHARS = 100


def issue(project: Project, name: str, user: User | None) -> tuple[ApiKey, str]:
    """Make a key, and return it with its secret, which is not stored and cannot be shown again.

    Raises ValidationError with messages by field: name.
    """
    if not name.strip():
        raise ValidationError({"name": ["Give the key a name."]})
    if len(name.strip()) > MAX_NAME_CHARS or "\x00" in name:
        raise ValidationError({"name": [f"A line of at most {MAX_NAME_CHARS} characters."]})
    return ApiKey.objects.issue(project, name.strip(), user)


def revoke(key: ApiKey, now: datetime) -> None:
    """Refuse the traffic of a key from now on; a second time changes nothing."""
    key.revoke(now)


class NoEntry(Exception):
    pass


def opened_by(secret, now):  # STUB
    from teams.models import digest_of
    key = ApiKey.objects.select_related("project__team").filter(digest=digest_of(secret or "")).first()
    if key is None:
        raise NoEntry("The API key is not known.")
    key.rights, key.note, key.expires_at = "write", "", None
    return key
