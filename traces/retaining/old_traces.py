"""Old traces of one project: gone altogether, or their texts alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from core.time_range.unix_time import nanoseconds_of
from traces.retaining import steps
from traces.retaining.periods import Kept
from traces.retaining.steps import Old, Step
from traces.store.payload import compress
from traces.store.reading import fetch

TRACES_AT_ONCE = 200
#: Of one transaction, unless its first trace has more.
SPANS_AT_ONCE = 5_000

OLD = """
SELECT count(*), min(start_time) FROM trace WHERE project_id = %s AND start_time < %s
"""
#: Those with texts; late spans of one whose text went bring new ones.
HAS_TEXT = "(text_gone_at IS NULL OR last_received_at > text_gone_at)"
#: The oldest first, from where a step before ended.
NEXT = """
SELECT trace_id, start_time, span_count FROM trace
WHERE project_id = %s AND start_time < %s AND (start_time, trace_id) > (%s, %s) AND {which}
ORDER BY start_time, trace_id LIMIT %s FOR UPDATE SKIP LOCKED
"""
DELETE = (
    "DELETE FROM span WHERE project_id = %s AND trace_id = ANY(%s)",
    "DELETE FROM span_log WHERE project_id = %s AND trace_id = ANY(%s)",
    "DELETE FROM agent_trace WHERE project_id = %s AND trace_id = ANY(%s)",
    "DELETE FROM trace WHERE project_id = %s AND trace_id = ANY(%s)",
)
DELETE_SESSIONS = """
DELETE FROM session s WHERE s.project_id = %s AND s.start_time < %s AND s.end_time < %s
    AND NOT EXISTS (SELECT FROM agent_trace a
        WHERE a.project_id = s.project_id AND a.session_key = s.key)
"""
SPANS = """
SELECT s.trace_id, s.span_id, s.start_time, s.end_time, s.is_error FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
"""
EMPTY_SPANS = """
UPDATE span s SET payload = r.payload, attributes = '{}', error_message = NULL
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[], %s::bytea[])
    AS r(trace_id, span_id, start_time, payload)
WHERE s.project_id = %s AND s.trace_id = r.trace_id AND s.span_id = r.span_id
    AND s.start_time = r.start_time
"""
DELETE_LOGS = "DELETE FROM span_log WHERE project_id = %s AND trace_id = ANY(%s)"
EMPTY_TRACES = """
UPDATE trace SET input_preview = NULL, output_preview = NULL, search = NULL, metadata = '{}',
    tags = '{}', text_gone_at = greatest(%s, last_received_at)
WHERE project_id = %s AND trace_id = ANY(%s)
"""
BEFORE_ALL = datetime.min.isoformat()


class OldTraces:
    """Whole traces: spans, log records, links to agents, and sessions that are empty then."""

    def old(self, project_id: int, cutoff: datetime) -> Old:
        return Old(*fetch(OLD, [project_id, cutoff])[0])

    @transaction.atomic
    def step(self, project_id: int, cutoff: datetime, cursor: str, now: datetime) -> Step:
        traces, cursor = _next(project_id, cutoff, cursor, "true")
        with connection.cursor() as database:
            for statement in DELETE if traces else ():
                database.execute(statement, [project_id, traces])
            if not cursor:
                database.execute(DELETE_SESSIONS, [project_id, cutoff, cutoff])
        return Step(len(traces), cursor)


class OldTexts:
    """What was said: payloads, attributes, previews, tags; names, times and figures stay."""

    def old(self, project_id: int, cutoff: datetime) -> Old:
        return Old(*fetch(f"{OLD} AND {HAS_TEXT}", [project_id, cutoff])[0])

    @transaction.atomic
    def step(self, project_id: int, cutoff: datetime, cursor: str, now: datetime) -> Step:
        traces, cursor = _next(project_id, cutoff, cursor, HAS_TEXT)
        if traces:
            rows = [
                (trace_id, span_id, start, _empty(start, end, is_error))
                for trace_id, span_id, start, end, is_error in fetch(SPANS, [project_id, traces])
            ]
            columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
            with connection.cursor() as database:
                database.execute(EMPTY_SPANS, [*columns, project_id])
                database.execute(DELETE_LOGS, [project_id, traces])
                database.execute(EMPTY_TRACES, [now, project_id, traces])
        return Step(len(traces), cursor)


def _next(project_id: int, cutoff: datetime, cursor: str, which: str) -> tuple[list[UUID], str]:
    """Lock some traces; return them, and the cursor after them, "" where there are no more."""
    since, _, after = (cursor or f"{BEFORE_ALL} {UUID(int=0)}").partition(" ")
    values: list[Any] = [project_id, cutoff, since, after, TRACES_AT_ONCE]
    rows = fetch(NEXT.format(which=which), values)
    taken: list[UUID] = []
    spans, last = 0, None
    for trace_id, start, span_count in rows:
        spans += span_count
        if taken and spans > SPANS_AT_ONCE:
            break
        taken.append(trace_id)
        last = start
    is_end = len(rows) < TRACES_AT_ONCE and len(taken) == len(rows)
    return taken, "" if is_end or last is None else f"{last.isoformat()} {taken[-1]}"


def _empty(start: datetime, end: datetime | None, is_error: bool) -> bytes:
    """Return the payload of a span that says nothing any more, but when it was."""
    content = {
        "attributes": {},
        "events": [],
        "links": [],
        "resource": {},
        "scope": {"name": "", "version": ""},
        "status_message": "",
        "otel_kind": 1,
        "start_ns": nanoseconds_of(start),
        "end_ns": nanoseconds_of(end) if end else 0,
    }
    return compress(orjson.dumps(content | ({"status_code": 2} if is_error else {})))


steps.register(Kept.TRACES, OldTraces())
steps.register(Kept.TEXTS, OldTexts())
