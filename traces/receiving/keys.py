"""The API key that traffic comes in with: from headers to the project that it opens.

Look-ups are remembered for less than a second in each process, so that a busy sender is let in
without a query for each request, and a revoked key is dead everywhere within that second; what was
sent is stored only while its key still stands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from teams.keys import MAX_KEY_CHARS, MISSING, READ_ONLY_KEY, UNKNOWN, NoEntry, why_closed
from teams.models import digest_of

REMEMBER_S = 0.8
#: An unknown key is asked for again soon: it may just have been made.
REMEMBER_UNKNOWN_S = 1.0
MAX_REMEMBERED = 10_000
USED_EVERY_S = 60

FIND = """
SELECT k.digest, k.id, k.project_id, p.session_idle_s, k.rights = 'write',
    k.revoked_at IS NOT NULL, k.expires_at, p.team_id
FROM teams_apikey k JOIN teams_project p ON p.id = k.project_id
WHERE k.digest = ANY(%s) AND p.deleted_at IS NULL
"""

STANDS = """
SELECT k.revoked_at IS NOT NULL, k.expires_at
FROM teams_apikey k JOIN teams_project p ON p.id = k.project_id
WHERE k.id = %s AND p.deleted_at IS NULL
"""

USE = """
UPDATE teams_apikey SET last_used_at = %s
WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s - interval '1 minute')
"""


class ReadOnly(NoEntry):
    """The key is good, but may not write (403)."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(READ_ONLY_KEY)
        self.entry = entry


@dataclass(slots=True, frozen=True)
class Entry:
    """What a key opens."""

    key_id: int
    project_id: int
    session_idle_s: int | None
    can_write: bool
    is_revoked: bool
    expires_at: datetime | None
    team_id: int


class KeyRing:
    """The keys that this process has seen lately. Safe to share between threads."""

    def __init__(self) -> None:
        self._remembered: dict[bytes, tuple[float, Entry]] = {}
        self._unknown: dict[bytes, float] = {}
        self._used: dict[int, float] = {}
        self._lock = threading.Lock()

    def remembered(self, secret: str | None) -> Entry | None:
        """Return the entry of a key seen lately, None when it must be looked up.

        Raises NoEntry for a request without a key, and for a key known to be no good.
        """
        if not secret:
            raise NoEntry(MISSING)
        if len(secret) > MAX_KEY_CHARS:
            raise NoEntry(UNKNOWN)
        digest = digest_of(secret)
        if self._unknown.get(digest, 0.0) > time.monotonic():
            raise NoEntry(UNKNOWN)
        known = self._remembered.get(digest)
        if known is None or known[0] < time.monotonic():
            return None
        return checked(known[1])

    def look_up(self, connection: psycopg.Connection, secret: str) -> Entry:
        """Ask the database. Raises NoEntry, or psycopg.Error when it cannot answer."""
        return checked(self.look_up_all(connection, [secret])[secret])

    def look_up_all(
        self, connection: psycopg.Connection, secrets: Sequence[str]
    ) -> dict[str, Entry | None]:
        """Ask the database for many in one question; None for a key that it does not know."""
        digests = {secret: digest_of(secret) for secret in secrets}
        with psycopg.Cursor(connection) as cursor:
            rows = cursor.execute(FIND, [list(digests.values())]).fetchall()
        entries = {bytes(row[0]): Entry(*row[1:]) for row in rows}
        by_secret = {secret: entries.get(digest) for secret, digest in digests.items()}
        with self._lock:
            for secret, entry in by_secret.items():
                self._remember(digests[secret], entry)
        return by_secret

    def _remember(self, digest: bytes, entry: Entry | None) -> None:
        """Remember what a key opens; made-up keys crowd out each other, and none that is good."""
        now = time.monotonic()
        if entry is None:
            if len(self._unknown) >= MAX_REMEMBERED:
                self._unknown.clear()
            self._unknown[digest] = now + REMEMBER_UNKNOWN_S
            return
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._unknown.pop(digest, None)
        self._remembered[digest] = (now + REMEMBER_S, entry)

    def confirm(self, connection: psycopg.Connection, entry: Entry) -> None:
        """Ask whether the key of `entry` still opens its project. Raises NoEntry if it does not."""
        with psycopg.Cursor(connection) as cursor:
            row = cursor.execute(STANDS, [entry.key_id]).fetchone()
        why = why_closed(row[0], row[1], datetime.now(UTC)) if row else UNKNOWN
        if not why:
            return
        with self._lock:
            self._remembered = {
                digest: known
                for digest, known in self._remembered.items()
                if known[1].key_id != entry.key_id
            }
        raise NoEntry(why)

    def used(self, connection: psycopg.Connection, entry: Entry, now: datetime) -> None:
        """Note on the key that it was used; at most once a minute."""
        clock = time.monotonic()
        with self._lock:
            if clock < self._used.get(entry.key_id, 0):
                return
            if len(self._used) >= MAX_REMEMBERED:
                self._used.clear()
            self._used[entry.key_id] = clock + USED_EVERY_S
        with psycopg.Cursor(connection) as cursor:
            cursor.execute(USE, [now, entry.key_id, now])


def checked(entry: Entry | None) -> Entry:
    """Return the entry of a key that may send. Raises NoEntry for any other."""
    if entry is None:
        raise NoEntry(UNKNOWN)
    if why := why_closed(entry.is_revoked, entry.expires_at, datetime.now(UTC)):
        raise NoEntry(why)
    if not entry.can_write:
        raise ReadOnly(entry)
    return entry
