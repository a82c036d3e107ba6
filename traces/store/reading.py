"""Spans read back whole, for a page or the judge: one trace, many traces, one session.

A trace row knows its time range, so that a look-up by trace id opens the partition or two
that its spans can be in, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from core.ids import span_id_hex
from core.time_range.unix_time import nanoseconds_of
from traces.messages.dialects.log_events import as_event
from traces.models import SpanFlag
from traces.records import StoredSpan
from traces.store.payload import unpack

MAX_SPANS = 10_000

COLUMNS = """s.trace_id, s.span_id, s.parent_span_id, s.name, s.kind, s.start_time, s.end_time,
    s.is_error, s.flags"""

#: What log records of the span say, in order of time.
LOGS = """LEFT JOIN LATERAL (
    SELECT array_agg(l.payload ORDER BY l.time_ns, l.received_at, l.position) AS logs
    FROM span_log l
    WHERE l.project_id = t.project_id AND l.trace_id = s.trace_id AND l.span_id = s.span_id
) l ON true"""

OF_TRACES = f"""
SELECT s.*, a.name, l.logs
FROM trace t
CROSS JOIN LATERAL (
    SELECT {COLUMNS}, CASE WHEN s.span_id = ANY(%s) THEN NULL ELSE s.payload END, s.agent_id
    FROM span s
    WHERE s.project_id = t.project_id AND s.trace_id = t.trace_id
      AND s.start_time BETWEEN t.start_time AND t.end_time
    ORDER BY s.start_time, s.span_id
    LIMIT %s
) s
LEFT JOIN traces_agent a ON a.id = s.agent_id AND a.project_id = t.project_id
{LOGS}
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
"""

ONE_SPAN = f"""
SELECT {COLUMNS}, s.payload, s.agent_id, a.name, l.logs
FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
LEFT JOIN traces_agent a ON a.id = s.agent_id AND a.project_id = t.project_id
{LOGS}
WHERE t.project_id = %s AND t.trace_id = %s AND s.span_id = %s
"""

TURNS_OF_SESSION = """
SELECT a.trace_id, coalesce(a.is_error, false), coalesce(t.span_count, 1),
    coalesce(length(t.input_preview), 0) + coalesce(length(t.output_preview), 0)
FROM agent_trace a
LEFT JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
WHERE a.project_id = %s AND a.session_key = %s
ORDER BY a.start_time, a.trace_id
"""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """What a narrow look tells of one trace of a session. chars: it says at least so many."""

    trace_id: UUID
    is_error: bool
    spans: int
    chars: int


def span(project_id: int, trace_id: UUID, span_id: int) -> StoredSpan | None:
    """Return one span with its payload; None when there is none."""
    rows = fetch(ONE_SPAN, [project_id, trace_id, span_id])
    return _stored(rows[0]) if rows else None


def spans_of_traces(
    project_id: int,
    trace_ids: Sequence[UUID],
    limit: int = MAX_SPANS,
    unread: Sequence[int] = (),
) -> dict[UUID, list[StoredSpan]]:
    """Return the first `limit` spans of each trace in one query; every given id is a key.

    unread: ids of spans that come without their payload.
    """
    by_trace: dict[UUID, list[StoredSpan]] = {trace_id: [] for trace_id in trace_ids}
    for row in fetch(OF_TRACES, [list(unread), limit, project_id, list(by_trace)]):
        by_trace[row[0]].append(_stored(row))
    for spans in by_trace.values():
        spans.sort(key=lambda span: (span.start_ns, span.end_ns == 0, -span.end_ns, span.span_id))
    return by_trace


def turns_of_session(project_id: int, session_key: UUID) -> list[TurnRow]:
    """Return every trace of a session, oldest first, without reading any of its spans."""
    return [TurnRow(*row) for row in fetch(TURNS_OF_SESSION, [project_id, session_key])]


def unpack_with_logs(payload: bytes, logs: Sequence[bytes] | None) -> dict[str, Any]:
    """Return a span's payload, with the events that came as log records among its events."""
    content = unpack(payload)
    if logs:
        content["events"] = [*content["events"], *(as_event(unpack(log)) for log in logs)]
    return content


def fetch(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows that a statement finds with these values."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _stored(row: tuple[Any, ...]) -> StoredSpan:
    trace_id, span_id, parent, name, kind, start, end, is_error, flags = row[:9]
    payload, _, agent, logs = row[9:]
    content = {} if payload is None else unpack_with_logs(payload, logs)
    start_ns, end_ns = content.get("start_ns", 0), content.get("end_ns", 0)
    if payload is None or flags & SpanFlag.CLOCK_SUSPECT or end_ns < start_ns:
        start_ns = nanoseconds_of(start)
        end_ns = nanoseconds_of(end) if end else 0
    return StoredSpan(
        trace_id=trace_id.hex,
        span_id=span_id_hex(span_id),
        parent_span_id=None if parent is None else span_id_hex(parent),
        name=name,
        kind=kind,
        start_ns=start_ns,
        end_ns=end_ns,
        is_error=is_error,
        agent_name=agent,
        payload=content,
        is_unread=payload is None,
    )
