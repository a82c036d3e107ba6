"""What a manual run judges: the traces, sessions or model calls of an agent in a window.

Each question is answered in order of time and in pieces; the cursor of the last target of
a piece goes into the next question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

SPAN_ID = -(1 << 63)

TRACES = """
SELECT a.trace_id, 0, a.start_time, t.revision
FROM agent_trace a
JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
WHERE a.project_id = %s AND a.agent_id = %s AND a.start_time >= %s AND a.start_time < %s
  AND (a.start_time, a.trace_id) > (%s, %s) AND t.settled_at IS NOT NULL
ORDER BY a.start_time, a.trace_id
LIMIT %s
"""

SESSIONS = """
SELECT key, 0, start_time, revision
FROM session
WHERE project_id = %s AND agent_id = %s AND start_time >= %s AND start_time < %s
  AND (start_time, key) > (%s, %s) AND settled_at IS NOT NULL
ORDER BY start_time, key
LIMIT %s
"""

MODEL_CALLS = """
SELECT trace_id, span_id, start_time, 1
FROM span
WHERE project_id = %s AND agent_id = %s AND start_time >= %s AND start_time < %s
  AND kind = 'llm' AND flags & 4 = 0 AND (start_time, trace_id, span_id) > (%s, %s, %s)
ORDER BY start_time, trace_id, span_id
LIMIT %s
"""


@dataclass(slots=True, frozen=True)
class Target:
    """`target` is a trace id or a session's key; `span_id` is 0 unless it is a model call."""

    target: UUID
    span_id: int
    start_time: datetime
    revision: int

    @property
    def cursor(self) -> str:
        return f"{self.start_time.astimezone(UTC).isoformat()}|{self.target.hex}|{self.span_id}"


def traces_between(
    project_id: int, agent_id: int, start: datetime, end: datetime, after: str, limit: int
) -> list[Target]:
    """Settled traces of the agent that started in [start, end), after the cursor ("" first)."""
    at, target, _ = _place(after, start)
    return _targets(TRACES, [project_id, agent_id, start, end, at, target, limit])


def sessions_between(
    project_id: int, agent_id: int, start: datetime, end: datetime, after: str, limit: int
) -> list[Target]:
    """Settled sessions of the agent that started in [start, end)."""
    at, key, _ = _place(after, start)
    return _targets(SESSIONS, [project_id, agent_id, start, end, at, key, limit])


def model_calls_between(
    project_id: int, agent_id: int, start: datetime, end: datetime, after: str, limit: int
) -> list[Target]:
    """Model calls of the agent that started in [start, end)."""
    at, trace_id, span_id = _place(after, start)
    values = [project_id, agent_id, start, end, at, trace_id, span_id, limit]
    return _targets(MODEL_CALLS, values)


def _place(after: str, start: datetime) -> tuple[datetime, UUID, int]:
    """Where to go on; raises ValueError for a cursor that is not ours."""
    if not after:
        return start, UUID(int=0), SPAN_ID
    at, target, span_id = after.split("|")
    return datetime.fromisoformat(at), UUID(hex=target), int(span_id)


def _targets(statement: str, values: list[Any]) -> list[Target]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Target(*row) for row in cursor.fetchall()]
