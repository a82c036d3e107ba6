"""The traffic of an agent on its way to the one that it became, and back after an undo.

Each step is a transaction of its own over a few hundred traces, newest first. A step that is
repeated moves nothing twice, so that a killed worker leaves only work, never a half-moved trace.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from traces.agents import followers, sql
from traces.agents.followers import Move
from traces.agents.returning import note_what_came_since
from traces.models import AgentMerge, AgentMoved
from traces.settling.relinking import relink
from traces.settling.rows import as_json, execute
from traces.store.reading import fetch

#: Traces a step, and spans of them all, unless the first trace has more: bounds the memory.
BATCH = 300
MAX_SPANS = 50_000
#: Within which writers may not have heard of a merge or an undo.
UNHEARD = timedelta(minutes=2)


def follow(merge: AgentMerge, now: datetime, seconds: float) -> bool:
    """Let traffic follow a merge for so long; returns whether all of it has."""
    until = time.monotonic() + seconds
    while _follow_step(merge):
        if time.monotonic() > until:
            return False
    if merge.moved_at is None:
        merge.moved_at = now
        merge.save(update_fields=["moved_at"])
    return True


def go_back(merge: AgentMerge, now: datetime, seconds: float) -> bool:
    """Move traffic back for an undo. It ends when every writer has heard of it."""
    until = time.monotonic() + seconds
    note_what_came_since(merge)
    while _return_step(merge):
        if time.monotonic() > until:
            return False
    if merge.undone_at and now - merge.undone_at > UNHEARD:
        merge.returned_at = now
        merge.save(update_fields=["returned_at"])
    return True


def _there(merge: AgentMerge) -> Move:
    return Move(merge.project_id, merge.source_id, merge.target_id)


def _back(merge: AgentMerge) -> Move:
    return Move(merge.project_id, merge.target_id, merge.source_id)


@transaction.atomic
def _follow_step(merge: AgentMerge) -> bool:
    """Move some rows, and say whether there may be more."""
    move = _there(merge)
    ids = _bounded(fetch(sql.TRACES_OF, [move.project_id, move.from_id, BATCH]))
    if not ids:
        return False
    _lock_traces(move.project_id, ids)
    spans: dict[UUID, list[int]] = {trace_id: [] for trace_id in ids}
    moved = [move.to_id, move.project_id, ids, move.from_id]
    for trace_id, span_id in fetch(sql.MOVE_SPANS, moved):
        spans[trace_id].append(span_id)
    own = {row[0] for row in fetch(sql.MOVE_OWN, moved)}
    notes = [
        {"key": trace_id, "data": {"spans": of_trace, "is_own": trace_id in own}}
        for trace_id, of_trace in spans.items()
    ]
    execute(sql.NOTE_TRACES, [move.project_id, merge.pk, as_json(notes)])
    _link(move, ids)
    followers.moved(move, ids, _carry_sessions(merge, move, ids))
    return True


@transaction.atomic
def _return_step(merge: AgentMerge) -> bool:
    move = _back(merge)
    ids = _bounded(fetch(sql.NOTED_TRACES, [move.project_id, merge.pk, BATCH]))
    if not ids:
        return False
    noted = AgentMoved.objects.filter(project_id=move.project_id, merge_id=merge.pk, kind="t")
    rows = dict(noted.filter(key__in=ids).values_list("key", "data"))
    _lock_traces(move.project_id, ids)
    spans = [
        {"trace_id": trace_id, "span_id": span_id}
        for trace_id, data in rows.items()
        for span_id in data["spans"]
    ]
    execute(sql.MOVE_SPANS_BACK, [move.to_id, as_json(spans), move.project_id, move.from_id])
    own = [trace_id for trace_id, data in rows.items() if data["is_own"]]
    execute(sql.MOVE_OWN, [move.to_id, move.project_id, own, move.from_id])
    noted.filter(key__in=ids).delete()
    _link(move, ids)
    followers.moved(move, ids, _part_sessions(merge, move, ids))
    return True


def _bounded(traces: list[tuple[Any, ...]]) -> list[UUID]:
    """Cut the list to what one step may move. traces: (trace id, number of its spans)."""
    ids: list[UUID] = []
    spans = 0
    for trace_id, count in traces:
        spans += count
        if ids and spans > MAX_SPANS:
            break
        ids.append(trace_id)
    return ids


def _lock_traces(project_id: int, ids: list[UUID]) -> None:
    fetch(sql.LOCK_TRACES, [project_id, ids])


def _link(move: Move, ids: list[UUID]) -> None:
    there = relink(move.project_id, ids)
    if gone := [trace_id for trace_id in ids if trace_id not in there]:
        to = [move.to_id, str(move.to_id)]
        execute(sql.RENAME_LINKS, [*to, move.project_id, gone, move.from_id, move.to_id])


def _sessions_of(move: Move, ids: list[UUID]) -> list[tuple[Any, ...]]:
    """Return (old key, new key, session id, revision, settled_at), locked with what they become."""
    values = [str(move.to_id), move.project_id, str(move.from_id), move.project_id, ids]
    rows = fetch(sql.SESSIONS_OF, values)
    keys = [key for old, new, *_ in rows for key in (old, new)]
    fetch(sql.LOCK_SESSIONS, [move.project_id, keys])
    return fetch(sql.SESSIONS_OF, values) if rows else []


def _carry_sessions(merge: AgentMerge, move: Move, ids: list[UUID]) -> dict[UUID, UUID]:
    sessions = _sessions_of(move, ids)
    if not sessions:
        return {}
    notes = [
        {
            "key": old,
            "data": {
                "to": new,
                "session_id": text,
                "revision": revision,
                "settled_at": settled_at,
            },
        }
        for old, new, text, revision, settled_at in sessions
    ]
    execute(sql.NOTE_SESSIONS, [move.project_id, merge.pk, as_json(notes)])
    keys = {old: new for old, new, *_ in sessions}
    carried = [str(move.to_id), move.to_id, move.project_id, list(keys)]
    execute(sql.CARRY_SESSIONS, carried)
    execute(sql.DROP_EMPTY_SESSIONS, [move.project_id, list(keys)])
    return keys


def _part_sessions(merge: AgentMerge, move: Move, ids: list[UUID]) -> dict[UUID, UUID]:
    keys = {old: new for old, new, *_ in _sessions_of(move, ids)}
    if not keys:
        return {}
    project_id, both = move.project_id, [*keys, *keys.values()]
    execute(sql.CARRY_SESSIONS, [str(move.to_id), move.to_id, project_id, list(keys)])
    execute(sql.DROP_EMPTY_SESSIONS, [project_id, both])
    for statement in (sql.TIGHTEN_SESSIONS, sql.RECEIVED_SESSIONS):
        execute(statement, [project_id, both, project_id])
    execute(sql.RECALL_SESSIONS, [project_id, list(keys.values()), merge.pk, merge.at])
    return keys
