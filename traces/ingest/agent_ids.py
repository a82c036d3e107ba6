"""Agents found in traffic: the identity that spans name → the row's integer key.

A process remembers the keys that it has seen. `last_seen_at` is written at most every
30 seconds and after the batch's own transaction, so that no writer ever waits for it.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg

#: psycopg's, or Django's around it.
Cursor = Any

TOUCH_EVERY_S = 30.0
MAX_REMEMBERED = 50_000

FIND = "SELECT identity, id FROM traces_agent WHERE project_id = %s AND identity = ANY(%s)"

MAKE = """
INSERT INTO traces_agent (uuid, project_id, identity, name, first_seen_at, last_seen_at)
SELECT r.uuid, %s, r.identity, r.name, %s, %s
FROM json_to_recordset(%s) AS r(uuid uuid, identity text, name text)
ORDER BY r.identity
ON CONFLICT (project_id, identity) DO NOTHING
"""

TOUCH = """
UPDATE traces_agent a SET last_seen_at = %s, name = r.name
FROM json_to_recordset(%s) AS r(id bigint, name text)
WHERE a.id = r.id AND a.id IN (
    SELECT id FROM traces_agent WHERE id = ANY(%s) AND last_seen_at <= %s
    ORDER BY id FOR UPDATE SKIP LOCKED)
"""


@dataclass(slots=True)
class _Known:
    id: int
    touched: float  # time.monotonic


_known: dict[tuple[int, str], _Known] = {}
_lock = threading.Lock()


def ids_of(
    cursor: Cursor, project_id: int, names: Mapping[str, str], now: datetime
) -> dict[str, int]:
    """The key of each identity; rows are made for new ones. `names`: identity → shown name."""
    found = {
        identity: known.id for identity in names if (known := _known.get((project_id, identity)))
    }
    if missing := [identity for identity in names if identity not in found]:
        found |= _find(cursor, project_id, missing)
        if absent := [identity for identity in missing if identity not in found]:
            rows = [{"uuid": uuid.uuid4(), "identity": i, "name": names[i]} for i in absent]
            cursor.execute(MAKE, [project_id, now, now, orjson.dumps(rows).decode()])
            found |= _find(cursor, project_id, absent)
    return found


def seen(
    connection: psycopg.Connection,
    project_id: int,
    ids: Mapping[str, int],
    names: Mapping[str, str],
    now: datetime,
) -> None:
    """Remember what is committed now, and say when these agents were last heard of."""
    clock = time.monotonic()
    stale = []
    with _lock:
        if len(_known) > MAX_REMEMBERED:
            _known.clear()
        for identity, agent_id in ids.items():
            known = _known.get((project_id, identity))
            if known is None or clock - known.touched > TOUCH_EVERY_S:
                _known[project_id, identity] = _Known(agent_id, clock)
                stale.append({"id": agent_id, "name": names[identity]})
    if stale:
        # A row made in this very batch has `now` already: `<=` lets its name be renewed.
        with psycopg.Cursor(connection) as cursor:
            rows = orjson.dumps(stale).decode()
            cursor.execute(TOUCH, [now, rows, [row["id"] for row in stale], now])


def forget() -> None:
    """For tests and for whoever deletes agents."""
    with _lock:
        _known.clear()


def _find(cursor: Cursor, project_id: int, identities: list[str]) -> dict[str, int]:
    cursor.execute(FIND, [project_id, identities])
    return dict(cursor.fetchall())
