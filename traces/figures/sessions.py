"""What the turns of sessions come to: one statement for all rows of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from traces.figures.agent_sums import Sums
from traces.models import Session

#: Turns of a session that its page shows at once.
MOST_TURNS = 100

#: Failed is a turn whose trace failed, as the list of traces says it; tokens and cost are the
#: agent's own. Turns are looked up by `agent_trace_of_a_session`, and their traces by key.
STATEMENT = """
SELECT a.session_key,
    (array_agg(t.input_preview ORDER BY a.start_time, a.trace_id)
        FILTER (WHERE t.input_preview <> ''))[1],
    (array_agg(a.trace_id ORDER BY a.start_time DESC, a.trace_id))[:%(most)s],
    count(*), count(t.settled_at), count(*) FILTER (WHERE t.is_error),
    sum(a.input_tokens)::bigint, sum(a.output_tokens)::bigint, sum(a.cost_usd)
FROM agent_trace a
JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
WHERE a.project_id = %(project)s AND a.session_key = ANY(%(keys)s)
GROUP BY a.session_key
"""


@dataclass(frozen=True, slots=True)
class Turns:
    """asked: the first thing that was asked, None where no turn says; newest: ids of traces, at
    most as many as the session's page shows."""

    asked: str | None = None
    newest: list[UUID] = field(default_factory=list)
    sums: Sums = field(default_factory=Sums)


def turns_of(project_id: int, sessions: Sequence[Session]) -> dict[UUID, Turns]:
    """Return what the turns come to by key of each of the sessions."""
    keys = [session.key for session in sessions]
    by_key = {key: Turns() for key in keys}
    if not keys:
        return by_key
    values: dict[str, Any] = {"project": project_id, "keys": keys, "most": MOST_TURNS}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        for key, asked, newest, *sums in cursor.fetchall():
            by_key[key] = Turns(asked, newest, Sums(*sums))
    return by_key
