"""The rows of `agent_trace` made anew from the spans of traces, when these got other agents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from traces.ingest.resolving import outer_calls
from traces.settling import sql
from traces.settling.rows import execute, fetch, nodes_of, packed
from traces.settling.settled_trace import Claimed, links_of

TRACES = """
SELECT project_id, trace_id, revision, agent_id, session_id, user_id, service, span_count
FROM trace WHERE project_id = %s AND trace_id = ANY(%s) ORDER BY trace_id
"""

UNLINK = """
DELETE FROM agent_trace WHERE project_id = %s AND trace_id = ANY(%s)
    AND (trace_id, agent_id) NOT IN (
        SELECT trace_id, agent_id FROM json_to_recordset(%s) AS r(trace_id uuid, agent_id bigint))
"""

#: Of a trace that never settled nothing is summed up yet.
UNSUMMED = ("duration_ms", "is_error", "span_count", "llm_count", "input_tokens", "output_tokens",
            "cost_usd")  # fmt: skip


def relink(project_id: int, trace_ids: list[UUID]) -> set[UUID]:
    """Say anew which agents took part in these traces, which the caller has locked.

    Returns the traces that have spans; the others keep their rows.
    """
    spans = nodes_of(project_id, trace_ids)
    links: list[dict[str, Any]] = []
    there: set[UUID] = set()
    for row in fetch(TRACES, [project_id, trace_ids]):
        claimed = Claimed(*row)
        nodes = spans[claimed.trace_id]
        if nodes:
            there.add(claimed.trace_id)
            found = links_of(claimed, nodes, outer_calls(nodes))
            links += found if claimed.revision else [_unsummed(link) for link in found]
    if there:
        with connection.cursor() as cursor:
            cursor.execute(UNLINK, [project_id, list(there), packed(links)])
        if links:
            execute(sql.LINK, [project_id, packed(links)])
    return there


def _unsummed(link: dict[str, Any]) -> dict[str, Any]:
    return link | dict.fromkeys(UNSUMMED)
