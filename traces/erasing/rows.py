"""Deleting traces and sessions with everything that is kept of them, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from traces.erasing import extensions

#: Writers lock traces in this order, and sessions after them.
LOCK = """
SELECT trace_id FROM trace WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s)
ORDER BY trace_id FOR UPDATE
"""
THEIR_SESSIONS = """
SELECT DISTINCT session_key FROM agent_trace
WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s) AND session_key IS NOT NULL
"""
DELETE = {
    "spans": "DELETE FROM span WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s)",
    "logs": "DELETE FROM span_log WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s)",
    "": "DELETE FROM agent_trace WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s)",
    "traces": "DELETE FROM trace WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s)",
}
#: What an undo of a merge would bring back, and in which trace another name was heard first.
FORGET_MOVES = """
DELETE FROM agent_moved WHERE project_id = %(project)s
    AND (key = ANY(%(traces)s) OR key = ANY(%(sessions)s)
        OR data ->> 'to' = ANY(%(sessions)s::text[]))
"""
FORGET_ALIASES = """
UPDATE traces_agentalias SET trace_id = NULL
WHERE project_id = %(project)s AND trace_id = ANY(%(traces)s)
"""
#: A session of which some turns are left stays, without the person who is gone from it.
DELETE_SESSIONS = """
DELETE FROM session s WHERE s.project_id = %(project)s AND s.key = ANY(%(sessions)s)
    AND NOT EXISTS (SELECT FROM agent_trace a
        WHERE a.project_id = s.project_id AND a.session_key = s.key)
"""
LEAVE_SESSIONS = """
UPDATE session SET user_id = NULL
WHERE project_id = %(project)s AND key = ANY(%(sessions)s) AND user_id = %(user)s
"""


@transaction.atomic
def delete(
    project_id: int, traces: Sequence[UUID], sessions: Sequence[UUID] = (), user: str = ""
) -> Counter[str]:
    """Delete traces, the sessions that are empty then, and what was said about either.

    What a judge said of a session in which one of the traces was goes too, since it may quote it.
    user: who is taken out of the sessions that stay. Returns by noun how much is gone.
    """
    values: dict[str, Any] = {"project": project_id, "traces": list(traces), "user": user}
    gone: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, values)
        cursor.execute(THEIR_SESSIONS, values)
        keys = sorted({*sessions, *(row[0] for row in cursor.fetchall())})
        values["sessions"] = keys
        for noun, statement in DELETE.items():
            cursor.execute(statement, values)
            gone[noun] += cursor.rowcount
        cursor.execute(FORGET_MOVES, values)
        cursor.execute(FORGET_ALIASES, values)
        cursor.execute(DELETE_SESSIONS, values)
        gone["sessions"] += cursor.rowcount
        cursor.execute(LEAVE_SESSIONS, values)
    gone += extensions.erase(project_id, [*traces, *keys])
    del gone[""]
    return gone
