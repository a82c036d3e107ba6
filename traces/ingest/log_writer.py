"""Log records → the GenAI events of spans, one transaction a batch.

They join their spans when these are read, so that it is no matter which of both arrives first. A
trace that is there waits again for quiet, with its sessions: what was judged without these words
is judged again. A repeated batch changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from django.conf import settings

from traces.ingest import trace_sql
from traces.ingest.writer import join_transaction
from traces.records import LogRecord
from traces.store.payload import compress, log_json

#: What one span may have of events, and of bytes in them: more than any model call says.
MAX_EVENTS = 1_000
MAX_BYTES = 8 * 1024 * 1024

_MOST_NS = 2**63 - 1

#: `LATERAL … OFFSET 0` makes each row a look-up by its key (see trace_sql).
KNOWN = """
SELECT l.trace_id, l.span_id, l.key
FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[]) AS r(trace_id, span_id, key)
CROSS JOIN LATERAL (
    SELECT trace_id, span_id, key FROM span_log
    WHERE project_id = %s AND trace_id = r.trace_id AND span_id = r.span_id AND key = r.key
    OFFSET 0) l
"""

HELD = """
SELECT r.trace_id, r.span_id, l.events, l.bytes
FROM (SELECT DISTINCT * FROM unnest(%s::uuid[], %s::bigint[])) AS r(trace_id, span_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS events, coalesce(sum(size), 0) AS bytes FROM span_log
    WHERE project_id = %s AND trace_id = r.trace_id AND span_id = r.span_id) l
"""

#: Settling waits for whoever holds a trace: what it has not seen comes with its revision.
LOCK_TRACES = """
SELECT 1 FROM trace WHERE project_id = %s AND trace_id = ANY(%s) ORDER BY trace_id FOR UPDATE
"""

INSERT = """
INSERT INTO span_log (project_id, trace_id, span_id, key, time_ns, position, received_at, size,
    payload, revision)
SELECT %s, r.trace_id, r.span_id, r.key, r.time_ns, r.position, %s, r.size, r.payload,
    coalesce((SELECT revision FROM trace WHERE project_id = %s AND trace_id = r.trace_id), 0)
FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::bigint[], %s::int[], %s::int[], %s::bytea[])
    AS r(trace_id, span_id, key, time_ns, position, size, payload)
ORDER BY r.trace_id, r.span_id, r.key
ON CONFLICT (project_id, trace_id, span_id, key) DO NOTHING
RETURNING trace_id
"""

#: Those of our own judge alone never wait.
WAIT_AGAIN = """
UPDATE trace SET last_received_at = greatest(last_received_at, %s), settled_at = NULL,
    is_uploaded = false,
    due_at = %s + CASE WHEN root_ended THEN %s ELSE %s END * interval '1 second'
WHERE project_id = %s AND trace_id = ANY(%s) AND (due_at IS NOT NULL OR settled_at IS NOT NULL)
RETURNING trace_id
"""


@dataclass(slots=True)
class _Row:
    trace_id: UUID
    span_id: int
    key: UUID
    time_ns: int
    position: int
    content: bytes

    @property
    def span(self) -> tuple[UUID, int]:
        return self.trace_id, self.span_id


def write(
    connection: psycopg.Connection,
    project_id: int,
    records: Sequence[LogRecord],
    now: datetime,
    session_idle_s: int | None = None,
) -> int:
    """Store the events; returns how many of them have no room in their span any more.

    `session_idle_s` is the project's, None for the default. Raises psycopg.Error when the
    database cannot.
    """
    rows = _rows(records)
    join_transaction(connection)
    with connection.transaction(), psycopg.Cursor(connection) as cursor:
        new = _new(cursor, project_id, rows)
        kept = list(_within_bounds(cursor, project_id, new))
        if kept:
            cursor.execute(LOCK_TRACES, [project_id, sorted({row.trace_id for row in kept})])
            cursor.execute(INSERT, [project_id, now, project_id, *_columns(kept)])
            inserted = sorted({trace_id for (trace_id,) in cursor.fetchall()})
            _wait_again(cursor, project_id, inserted, now, session_idle_s)
    return len(new) - len(kept)


def _rows(records: Iterable[LogRecord]) -> list[_Row]:
    """Number equal records of one span, which tells them apart: clocks of milliseconds give two
    messages with the same words the same time."""
    seen: Counter[tuple[bytes, bytes, bytes]] = Counter()
    rows = []
    for position, record in enumerate(records):
        content = log_json(record)
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        same = (record.trace_id, record.span_id, digest)
        seen[same] += 1
        number = seen[same].to_bytes(4, "big")
        key = hashlib.md5(digest + number, usedforsecurity=False).digest()
        rows.append(
            _Row(
                UUID(bytes=record.trace_id),
                int.from_bytes(record.span_id, "big", signed=True),
                UUID(bytes=key),
                min(record.time_ns, _MOST_NS),
                position,
                content,
            )
        )
    return rows


def _new(cursor: psycopg.Cursor, project_id: int, rows: list[_Row]) -> list[_Row]:
    keys = [[row.trace_id for row in rows], [row.span_id for row in rows], [r.key for r in rows]]
    known = set(cursor.execute(KNOWN, [*keys, project_id]).fetchall())
    return [row for row in rows if (row.trace_id, row.span_id, row.key) not in known]


def _within_bounds(cursor: psycopg.Cursor, project_id: int, rows: list[_Row]) -> Iterable[_Row]:
    spans = [[row.trace_id for row in rows], [row.span_id for row in rows]]
    stored = cursor.execute(HELD, [*spans, project_id]).fetchall()
    held = {(trace_id, span_id): [events, size] for trace_id, span_id, events, size in stored}
    for row in rows:
        there = held[row.span]
        if there[0] < MAX_EVENTS and there[1] + len(row.content) <= MAX_BYTES:
            there[0] += 1
            there[1] += len(row.content)
            yield row


def _columns(rows: list[_Row]) -> list[list[object]]:
    return [
        [row.trace_id for row in rows],
        [row.span_id for row in rows],
        [row.key for row in rows],
        [row.time_ns for row in rows],
        [row.position for row in rows],
        [len(row.content) for row in rows],
        [compress(row.content) for row in rows],
    ]


def _wait_again(
    cursor: psycopg.Cursor, project_id: int, traces: list[UUID], now: datetime, idle_s: int | None
) -> None:
    waits = (settings.TRACE_QUIET_S, settings.TRACE_MAX_WAIT_S)
    rows = cursor.execute(WAIT_AGAIN, [now, now, *waits, project_id, traces]).fetchall()
    ids = [trace_id for (trace_id,) in rows]
    if not ids:
        return
    idle = timedelta(seconds=settings.SESSION_IDLE_S if idle_s is None else idle_s)
    cursor.execute(trace_sql.TOUCH_SESSIONS, [now, now + idle, ids, project_id, now])
