"""Which targets a run is about, as SQL: one text for the run itself and for what is said before.

A run walks through its window in the order of time, from a cursor that is the last target it
has looked at; so that a bite costs the same wherever it stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from signals_app import sampling
from signals_app.models import Scope, Signal

#: By scope: the targets behind the cursor, as (at, target, span_id, revision); revision is NULL
#: of what has not settled. Whether a trace has settled is asked of the page alone: inside it, the
#: whole rest of the window would be joined and sorted for every bite.
PAGES = {
    Scope.TRACE: """
        SELECT a.start_time AS at, a.trace_id AS target, 0::bigint AS span_id,
            CASE WHEN t.settled_at IS NOT NULL THEN t.revision END AS revision
        FROM (
            SELECT start_time, trace_id FROM agent_trace
            WHERE project_id = %(project)s AND agent_id = %(agent)s
                AND start_time >= %(start)s AND start_time < %(end)s
                AND (start_time, trace_id) > (%(at)s, %(target)s::uuid)
            ORDER BY start_time, trace_id LIMIT %(bite)s) a
        LEFT JOIN trace t ON t.project_id = %(project)s AND t.trace_id = a.trace_id""",
    Scope.SESSION: """
        SELECT start_time AS at, key AS target, 0::bigint AS span_id,
            CASE WHEN settled_at IS NOT NULL THEN revision END AS revision
        FROM session
        WHERE project_id = %(project)s AND agent_id = %(agent)s
            AND start_time >= %(start)s AND start_time < %(end)s
            AND (start_time, key) > (%(at)s, %(target)s::uuid)
        ORDER BY start_time, key LIMIT %(bite)s""",
    Scope.SPAN: """
        SELECT s.start_time AS at, s.trace_id AS target, s.span_id,
            CASE WHEN t.settled_at IS NOT NULL THEN 1 END AS revision
        FROM (
            SELECT start_time, trace_id, span_id FROM span
            WHERE project_id = %(project)s AND agent_id = %(agent)s AND kind = 'llm'
                AND flags & 4 = 0
                AND start_time >= %(start)s AND start_time < %(end)s
                AND (start_time, trace_id, span_id)
                    > (%(at)s, %(target)s::uuid, %(span)s::bigint)
            ORDER BY start_time, trace_id, span_id LIMIT %(bite)s) s
        LEFT JOIN trace t ON t.project_id = %(project)s AND t.trace_id = s.trace_id""",
}
#: Before every target of a window that begins at this moment.
START_OF = "{start} " + "0" * 32 + f" {-(2**63)}"


def page_sql(scope: str) -> str:
    """Takes the parameters of `page_values`."""
    return PAGES[Scope(scope)]


def sampled_sql(scope: str) -> str:
    """Return the condition that a row of the page is in the sample; it takes the parameters salt
    and rate."""
    return sampling.sql_is_sampled("target", "span_id" if scope == Scope.SPAN else None)


def page_values(
    signal: Signal, start: datetime, end: datetime, cursor: str, most: int
) -> dict[str, Any]:
    """cursor: as `cursor_at` writes it, "" for the beginning. most: rows of the page."""
    at, target, span = (cursor or START_OF.format(start=start.isoformat())).split()
    return {
        "project": signal.project_id,
        "agent": signal.agent_id,
        "scope": signal.scope,
        "start": start,
        "end": end,
        "at": datetime.fromisoformat(at),
        "target": target,
        "span": span,
        "bite": most,
        "salt": signal.sampling_salt,
    }


def cursor_at(at: datetime, target: Any, span_id: int) -> str:
    return f"{at.isoformat()} {target.hex} {span_id}"
