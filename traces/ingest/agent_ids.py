"""Agents found in traffic: what spans say of them → the row's integer key.

A process remembers the keys that it has seen, for a few seconds: then an agent may have been
merged into another, or the other way round. Settling puts right what came in meanwhile. Whether a
remembered agent still is there is asked in every batch, so that traffic of one that was deleted
makes it again at once and is linked to nothing that is gone. The
columns `last_seen_at` and `name` are written at most every 30 seconds and after the batch's own
transaction, so that no writer ever waits for them.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg

from traces.ingest.naming import Naming, Row, Spoken, choose_all

#: psycopg's, or Django's around it.
Cursor = Any

REMEMBER_S = 5.0
TOUCH_EVERY_S = 30.0
MAX_REMEMBERED = 50_000

#: Drawn ids that are remembered of one agent. With more of them they are no ids.
MAX_DRAWN = 20

#: An agent goes before an alias of the same text.
FIND = """
SELECT identity, id, true, true, NULL::uuid FROM traces_agent
WHERE project_id = %s AND identity = ANY(%s)
UNION ALL
SELECT identity, agent_id, false, merge_id IS NULL, trace_id FROM traces_agentalias
WHERE project_id = %s AND identity = ANY(%s)
"""

THERE = "SELECT id FROM traces_agent WHERE id = ANY(%s)"

MAKE = """
INSERT INTO traces_agent
    (uuid, project_id, identity, name, said_name, is_renamed, first_seen_at, last_seen_at)
SELECT r.uuid, %s, r.identity, r.name, r.name, false, %s, %s
FROM json_to_recordset(%s) AS r(uuid uuid, identity text, name text)
ORDER BY r.identity
ON CONFLICT (project_id, identity) DO NOTHING
"""

LEARN = """
INSERT INTO traces_agentalias (project_id, agent_id, identity, trace_id)
SELECT %s, r.agent_id, r.identity, r.trace_id
FROM json_to_recordset(%s) AS r(agent_id bigint, identity text, trace_id uuid)
JOIN traces_agent there ON there.id = r.agent_id
WHERE (SELECT count(*) FROM traces_agentalias a
    WHERE a.agent_id = r.agent_id AND a.merge_id IS NULL) < %s
ORDER BY r.identity
ON CONFLICT (project_id, identity) DO NOTHING
"""

TOUCH = """
UPDATE traces_agent a SET last_seen_at = %s,
    said_name = coalesce(r.name, a.said_name),
    name = CASE WHEN a.is_renamed THEN a.name ELSE coalesce(r.name, a.name) END
FROM json_to_recordset(%s) AS r(id bigint, name text)
WHERE a.id = r.id AND a.id IN (
    SELECT id FROM traces_agent WHERE id = ANY(%s) AND last_seen_at <= %s
    ORDER BY id FOR UPDATE SKIP LOCKED)
"""


@dataclass(slots=True, frozen=True)
class Found:
    """renews: whether what is said there is the agent's own name, not that of one merged."""

    id: int
    renews: bool


@dataclass(slots=True)
class _Known:
    """Moments of time.monotonic."""

    found: Found
    asked: float
    touched: float


_known: dict[tuple[int, Naming], _Known] = {}
_lock = threading.Lock()


def ids_of(
    cursor: Cursor, project_id: int, spoken: Mapping[Naming, Spoken], now: datetime
) -> dict[Naming, Found]:
    """Return the agent of each naming; rows are made for new ones."""
    remembered = _remembered(cursor, project_id, spoken)
    if missing := [naming for naming in spoken if naming not in remembered]:
        remembered |= _look_up(cursor, project_id, missing, spoken, now)
    return remembered


def _remembered(cursor: Cursor, project_id: int, namings: Iterable[Naming]) -> dict[Naming, Found]:
    """Return the agents that this process has seen of late, but for those that are gone."""
    fresh_since = time.monotonic() - REMEMBER_S
    seen_lately = {
        naming: known.found
        for naming in namings
        if (known := _known.get((project_id, naming))) and known.asked > fresh_since
    }
    if not seen_lately:
        return {}
    cursor.execute(THERE, [list({agent.id for agent in seen_lately.values()})])
    there = {agent_id for (agent_id,) in cursor.fetchall()}
    return {naming: agent for naming, agent in seen_lately.items() if agent.id in there}


def known(cursor: Cursor, project_id: int, spoken: Mapping[Naming, Spoken]) -> dict[Naming, int]:
    """Look up those that are there; no row is made."""
    rows = _find(cursor, project_id, {text for naming in spoken for text in naming if text})
    heard = {naming: spoken_name.trace_id for naming, spoken_name in spoken.items()}
    return {naming: row.id for naming, row in choose_all(heard, rows).items() if row}


def _look_up(
    cursor: Cursor,
    project_id: int,
    missing: list[Naming],
    spoken: Mapping[Naming, Spoken],
    now: datetime,
) -> dict[Naming, Found]:
    texts = {text for naming in missing for text in naming if text}
    rows = _find(cursor, project_id, texts)
    chosen = choose_all({naming: spoken[naming].trace_id for naming in missing}, rows)
    if absent := sorted({naming.identity for naming, row in chosen.items() if row is None}):
        names = {naming.identity: spoken[naming].name for naming in missing}
        new = [{"uuid": uuid.uuid4(), "identity": i, "name": names[i]} for i in absent]
        cursor.execute(MAKE, [project_id, now, now, orjson.dumps(new).decode()])
        made = _find(cursor, project_id, absent)
        rows |= made
        chosen |= {n: made[n.identity] for n, row in chosen.items() if row is None}
    known_rows = {naming: row for naming, row in chosen.items() if row is not None}
    _learn(cursor, project_id, known_rows, rows, spoken)
    return {naming: Found(row.id, row.is_own) for naming, row in known_rows.items()}


def _learn(
    cursor: Cursor,
    project_id: int,
    row_of_naming: Mapping[Naming, Row],
    rows: Mapping[str, Row],
    spoken: Mapping[Naming, Spoken],
) -> None:
    """Remember by what else these agents were called: bounded, see MAX_DRAWN."""
    new: dict[str, dict[str, Any]] = {}
    taken: dict[int, int] = {}
    for naming, row in row_of_naming.items():
        for text in (naming.identity, naming.drawn) if naming.drawn else ():
            if text and text not in rows and taken.get(row.id, 0) < MAX_DRAWN:
                taken[row.id] = taken.get(row.id, 0) + 1
                said = {"agent_id": row.id, "trace_id": spoken[naming].trace_id}
                new[text] = said | {"identity": text}
    if new:
        cursor.execute(LEARN, [project_id, orjson.dumps(list(new.values())).decode(), MAX_DRAWN])


def seen(
    connection: psycopg.Connection,
    project_id: int,
    agents: Mapping[Naming, Found],
    spoken: Mapping[Naming, Spoken],
    now: datetime,
) -> None:
    """Remember what is committed now, and say when these agents were last heard of."""
    clock = time.monotonic()
    stale: dict[int, str | None] = {}
    with _lock:
        if len(_known) > MAX_REMEMBERED:
            _known.clear()
        for naming, agent in agents.items():
            known = _known.get((project_id, naming))
            is_due = known is None or clock - known.touched > TOUCH_EVERY_S
            if known is None or known.found != agent or clock - known.asked > REMEMBER_S:
                touched = clock if known is None or is_due else known.touched
                _known[project_id, naming] = _Known(agent, clock, touched)
            if is_due:
                name = spoken[naming].name if agent.renews else None
                stale[agent.id] = name or stale.get(agent.id)
    if stale:
        # A row made in this very batch has `now` already: `<=` lets its name be renewed.
        rows = [{"id": agent_id, "name": name} for agent_id, name in stale.items()]
        with psycopg.Cursor(connection) as cursor:
            cursor.execute(TOUCH, [now, orjson.dumps(rows).decode(), list(stale), now])


def forget() -> None:
    """Forget all agents that this process has seen, as whoever merges agents must."""
    with _lock:
        _known.clear()


def _find(cursor: Cursor, project_id: int, texts: Iterable[str]) -> dict[str, Row]:
    wanted = list(texts)
    cursor.execute(FIND, [project_id, wanted, project_id, wanted])
    rows: dict[str, Row] = {}
    for identity, agent_id, is_agent, is_own, trace_id in cursor.fetchall():
        if is_agent or identity not in rows:
            rows[identity] = Row(agent_id, is_agent, is_own, trace_id)
    return rows
