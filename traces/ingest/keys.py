"""The API key that traffic comes in with: from headers to the project that it opens.

Look-ups are remembered for ten seconds in each process, so that a revoked key stops
within ten seconds and a busy sender costs no query.
"""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

import psycopg

from teams.models import KEY_PREFIX, digest_of

REMEMBER_S = 10.0
#: An unknown key is asked for again soon: it may just have been made.
REMEMBER_UNKNOWN_S = 1.0
MAX_REMEMBERED = 10_000
MAX_KEY_CHARS = 500
USED_EVERY_S = 60

FIND = """
SELECT k.id, k.project_id, p.session_idle_s, k.revoked_at IS NOT NULL
FROM teams_apikey k JOIN teams_project p ON p.id = k.project_id
WHERE k.digest = %s
"""

USE = """
UPDATE teams_apikey SET last_used_at = %s
WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s - interval '1 minute')
"""

MISSING = (
    "No API key. Send a key of the project as 'Authorization: Bearer <key>' or as 'x-api-key'."
)
UNKNOWN = "The API key is not known. Copy it again, or make a new one in the project's settings."
REVOKED = "The API key was revoked. Make a new one in the project's settings."


class NoEntry(Exception):
    """The request may not come in; the message says why and what to do."""


@dataclass(slots=True, frozen=True)
class Entry:
    """What a key opens."""

    key_id: int
    project_id: int
    session_idle_s: int | None
    is_revoked: bool


def secret_in(headers: Mapping[bytes, bytes]) -> str | None:
    """The key that a request carries: Bearer, the password of Basic, or x-api-key.

    Environment variables hold header values URL-encoded, and some senders leave them so.
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


class KeyRing:
    """The keys that this process has seen lately. Safe to share between threads."""

    def __init__(self) -> None:
        self._remembered: dict[bytes, tuple[float, Entry | None]] = {}
        self._used: dict[int, float] = {}
        self._lock = threading.Lock()

    def remembered(self, secret: str | None) -> Entry | None:
        """The entry of a key seen lately, None when it must be looked up.

        Raises NoEntry for a request without a key, and for a key known to be no good.
        """
        if not secret:
            raise NoEntry(MISSING)
        if len(secret) > MAX_KEY_CHARS:
            raise NoEntry(UNKNOWN)
        found = self._remembered.get(digest_of(secret))
        if found is None or found[0] < time.monotonic():
            return None
        return _checked(found[1])

    def look_up(self, connection: psycopg.Connection, secret: str) -> Entry:
        """Ask the database. Raises NoEntry, or psycopg.Error when it cannot answer."""
        digest = digest_of(secret)
        with psycopg.Cursor(connection) as cursor:
            row = cursor.execute(FIND, [digest]).fetchone()
        entry = Entry(*row) if row else None
        until = time.monotonic() + (REMEMBER_S if entry else REMEMBER_UNKNOWN_S)
        with self._lock:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[digest] = (until, entry)
        return _checked(entry)

    def used(self, connection: psycopg.Connection, entry: Entry, now: datetime) -> None:
        """Note on the key that it was used; at most once a minute."""
        clock = time.monotonic()
        with self._lock:
            if clock < self._used.get(entry.key_id, 0):
                return
            self._used[entry.key_id] = clock + USED_EVERY_S
        with psycopg.Cursor(connection) as cursor:
            cursor.execute(USE, [now, entry.key_id, now])


def _checked(entry: Entry | None) -> Entry:
    if entry is None:
        raise NoEntry(UNKNOWN)
    if entry.is_revoked:
        raise NoEntry(REVOKED)
    return entry
