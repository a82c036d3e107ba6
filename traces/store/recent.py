"""The newest targets of an agent in a stretch of time: what a question is tried on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

TRACES = """
SELECT a.trace_id, 0, a.start_time, t.revision
FROM agent_trace a
JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
WHERE a.project_id = %s AND a.agent_id = %s AND a.start_time >= %s AND a.start_time < %s
  AND t.settled_at IS NOT NULL
ORDER BY a.start_time DESC, a.trace_id DESC
LIMIT %s
"""

SESSIONS = """
SELECT key, 0, start_time, revision
FROM session
WHERE project_id = %s AND agent_id = %s AND start_time >= %s AND start_time < %s
  AND settled_at IS NOT NULL
ORDER BY start_time DESC, key DESC
LIMIT %s
"""

MODEL_CALLS = """
SELECT s.trace_id, s.span_id, s.start_time, 1
FROM span s
JOIN trace t ON t.project_id = s.project_id AND t.trace_id = s.trace_id
WHERE s.project_id = %s AND s.agent_id = %s AND s.start_time >= %s AND s.start_time < %s
  AND s.kind = 'llm' AND s.flags & 4 = 0 AND t.settled_at IS NOT NULL
ORDER BY s.start_time DESC, s.trace_id DESC, s.span_id DESC
LIMIT %s
"""


@dataclass(slots=True, frozen=True)
class Target:
    """`target` is a trace id or a session's key; `span_id` is 0 unless it is a model call."""

    target: UUID
    span_id: int
    start_time: datetime
    revision: int


Newest = Callable[[int, int, datetime, datetime, int], list[Target]]


def traces(
    project_id: int, agent_id: int, start: datetime, end: datetime, most: int
) -> list[Target]:
    """Return settled traces of the agent that started in [start, end), the newest first."""
    return _newest(TRACES, project_id, agent_id, start, end, most)


def sessions(
    project_id: int, agent_id: int, start: datetime, end: datetime, most: int
) -> list[Target]:
    """Return settled sessions of the agent that started in [start, end), the newest first."""
    return _newest(SESSIONS, project_id, agent_id, start, end, most)


def model_calls(
    project_id: int, agent_id: int, start: datetime, end: datetime, most: int
) -> list[Target]:
    """Return model calls of settled traces that started in [start, end), the newest first."""
    return _newest(MODEL_CALLS, project_id, agent_id, start, end, most)


def _newest(statement: str, *values: int | datetime) -> list[Target]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return [Target(*row) for row in cursor.fetchall()]
