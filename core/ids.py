"""Trace and span ids between their three forms: wire bytes, database values, hex text.

Trace ids are `uuid` (16 bytes) and span ids signed `bigint` (8 bytes) in the database,
32 and 16 lower-case hex digits for people.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from uuid import UUID

#: Identities longer than this are shortened: an entry of a btree holds 2.7 kB.
MAX_ID: Final = 400
_SHORTENED: Final = re.compile(rf"(?s:.{{{MAX_ID}}})…[0-9a-f]{{32}}")

_SIGN = 1 << 63
_WRAP = 1 << 64


def span_id_from_hex(text: str) -> int:
    """Return 16 hex digits as a signed 64-bit integer; raise ValueError for anything else."""
    if len(text) != 16:
        raise ValueError("a span id has 16 hex digits")
    return span_id_from_bytes(bytes.fromhex(text))


def span_id_from_bytes(raw: bytes) -> int:
    """Return eight bytes as a signed 64-bit integer."""
    return int.from_bytes(raw, "big", signed=True)


def span_id_hex(number: int) -> str:
    """Return a span id of the database as 16 hex digits."""
    return f"{number % _WRAP:016x}"


def trace_id_from_hex(text: str) -> UUID:
    """Return 32 hex digits as a UUID; raise ValueError for anything else."""
    if len(text) != 32:
        raise ValueError("a trace id has 32 hex digits")
    return UUID(hex=text)


def short_id(text: str | None) -> str | None:
    """Return the form in which an id that a client chose (session, user, agent) is stored.

    A long one becomes its head and a hash of it all, so that it still differs from others; what
    was shortened before stays as it is. An empty one becomes None.
    """
    if not text:
        return None
    if len(text) <= MAX_ID or _SHORTENED.fullmatch(text):
        return text
    digest = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False)
    return f"{text[:MAX_ID]}…{digest.hexdigest()}"


def session_key(agent_pk: int, session_id: str) -> UUID:
    """Return the key of an agent's session: the same id under two agents gives two keys."""
    digest = hashlib.md5(f"{agent_pk}:{session_id}".encode(), usedforsecurity=False)
    return UUID(bytes=digest.digest())
