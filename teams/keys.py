"""The verbs of an API key: issued, revoked, and what opens a project for every door.

All doors refuse a key with the same sentences: ingest, which remembers keys for less than a second
(`traces/receiving/keys.py`), and those that ask the database (`opened_by`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from teams import audit
from teams.models import KEY_PREFIX, ApiKey, Project, Rights, User, digest_of

MAX_NAME_CHARS = 100
MAX_NOTE_CHARS = 200
#: What is longer than any key need not be looked up.
MAX_KEY_CHARS = 500
#: Moments near the end of the calendar cannot be shown in every time zone.
LONGEST_VALID = timedelta(days=3_653)
USED_EVERY = timedelta(minutes=1)

MISSING = (
    "No API key. Send a key of the project as 'Authorization: Bearer <key>' or as 'x-api-key'."
)
UNKNOWN = "The API key is not known. Copy it again, or make a new one in the project's settings."
REVOKED = "The API key was revoked. Make a new one in the project's settings."
READ_ONLY_KEY = "This key may read only. Make a key with read and write in the project's settings."


class NoEntry(Exception):
    """The request may not come in (401); the message says why and what to do."""


@transaction.atomic
def issue(
    project: Project,
    name: str,
    user: User | None,
    *,
    now: datetime,
    rights: str = Rights.WRITE,
    note: str = "",
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key, and return it with its secret, which is not stored and cannot be shown again.

    expires_at: the key opens nothing from that moment on; None means that it does not expire.
    Raises ValidationError with messages by field: name, rights, note, expires_at.
    """
    check(name, now=now, rights=rights, note=note, expires_at=expires_at)
    words = {"rights": rights, "note": note.strip(), "expires_at": expires_at}
    key, secret = ApiKey.objects.issue(project, name.strip(), user, **words)
    shown = {"begins_with": key.shown, "rights": key.rights, "expires_at": expires_at}
    audit.record("key.made", **about(key), after=shown)
    return key, secret


def check(
    name: str,
    *,
    now: datetime,
    rights: str = Rights.WRITE,
    note: str = "",
    expires_at: datetime | None = None,
) -> None:
    """Raise what `issue` would of these values."""
    errors = {
        "name": _wrong_with_name(name),
        "rights": "" if rights in Rights.values else "Choose read, or read and write.",
        "note": _wrong_with_line(note, MAX_NOTE_CHARS),
        "expires_at": _wrong_with_expiry(expires_at, now),
    }
    if any(errors.values()):
        raise ValidationError({field: [why] for field, why in errors.items() if why})


def about(key: ApiKey) -> dict[str, Any]:
    """Return which key an entry of the audit log is about."""
    return {"kind": "key", "thing": key.name, "thing_id": key.uuid, "project": key.project}


def _wrong_with_name(name: str) -> str:
    return _wrong_with_line(name, MAX_NAME_CHARS) if name.strip() else "Give the key a name."


def _wrong_with_line(text: str, most: int) -> str:
    """Say why a text is no line that can be kept; "" for one that is."""
    is_text = "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
    if is_text and len(text.strip()) <= most and len(text.strip().splitlines()) <= 1:
        return ""
    return f"A line of at most {most} characters."


def _wrong_with_expiry(expires_at: datetime | None, now: datetime) -> str:
    if expires_at is None:
        return ""
    if expires_at.tzinfo is None:
        return "Say in which time zone the key expires."
    if expires_at <= now:
        return "A key expires in the future."
    if expires_at > now + LONGEST_VALID:
        return "At most ten years from now. Leave it empty for a key that does not expire."
    return ""


@transaction.atomic
def revoke(key: ApiKey, now: datetime) -> None:
    """Refuse a key at every door from now on; a second time changes nothing."""
    locked = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if locked.revoked_at is None:
        key.revoke(now)
        audit.record("key.revoked", **about(key), before={"begins_with": key.shown})


def opened_by(secret: str | None, now: datetime) -> ApiKey:
    """Return the key of that secret, with its project and team, and note that it was used.

    Raises NoEntry for one that opens nothing. What it may do there: `teams.access.project_of`.
    """
    if not secret:
        raise NoEntry(MISSING)
    if len(secret) > MAX_KEY_CHARS:
        raise NoEntry(UNKNOWN)
    keys = ApiKey.objects.filter(digest=digest_of(secret), project__deleted_at=None)
    key: ApiKey | None = keys.select_related("project__team").first()
    if key is None:
        raise NoEntry(UNKNOWN)
    if why := why_closed(key.revoked_at is not None, key.expires_at, now):
        raise NoEntry(why)
    _note_use(key, now)
    return key


def why_closed(is_revoked: bool, expires_at: datetime | None, now: datetime) -> str:
    """Say why a key that is known opens nothing, as every door says it; "" for one that does."""
    if is_revoked:
        return REVOKED
    if expires_at is not None and expires_at <= now:
        moment = f"{expires_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
        return f"The API key expired on {moment}. Make a new one in the project's settings."
    return ""


def _note_use(key: ApiKey, now: datetime) -> None:
    """Note on the key that it was used; at most once a minute."""
    if key.last_used_at is not None and key.last_used_at >= now - USED_EVERY:
        return
    is_due = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiKey.objects.filter(is_due, pk=key.pk).update(last_used_at=now)
    key.last_used_at = now


def secret_of(request: HttpRequest) -> str | None:
    """Return the key that a request to Django carries, as `secret_in` finds it."""
    names = ("Authorization", "X-Api-Key")
    return secret_in(
        {
            name.lower().encode(): request.headers.get(name, "").encode("latin-1", "replace")
            for name in names
        }
    )


def secret_in(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the key that a request carries: Bearer, the password of Basic, or x-api-key.

    headers: by names in lower case. Environment variables hold header values URL-encoded, and
    some senders leave them so.
    """
    given = headers.get(b"authorization", b"").decode("latin-1").strip()
    if "%" in given:
        given = unquote(given)
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    if scheme.lower() == "basic" and (secret := _of_basic(rest.strip())):
        return secret
    if given.startswith(KEY_PREFIX):
        return given
    return headers.get(b"x-api-key", b"").decode("latin-1").strip() or None


def _of_basic(credentials: str) -> str | None:
    try:
        text = base64.b64decode(credentials, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    user, _, password = text.partition(":")
    return password or user or None
