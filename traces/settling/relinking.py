"""The rows of `agent_trace` made anew from the spans of traces, when these got other agents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from traces.ingest.resolving import outer_calls
from traces.settling import sql
from traces.settling.rows import as_json, execute, nodes_of
from traces.settling.settled_trace import Claimed, links_of
from traces.store.reading import fetch

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
    """Write anew which agents took part in these traces, which the caller has locked.

    Return the traces that have spans; the others keep their rows.
    """
    spans = nodes_of(project_id, trace_ids)
    links: list[dict[str, Any]] = []
    with_spans: set[UUID] = set()
    for row in fetch(TRACES, [project_id, trace_ids]):
        claimed = Claimed(*row)
        nodes = spans[claimed.trace_id]
        if nodes:
            with_spans.add(claimed.trace_id)
            of_trace = links_of(claimed, nodes, outer_calls(nodes))
            links += of_trace if claimed.revision else [_unsummed(link) for link in of_trace]
    if with_spans:
        with connection.cursor() as cursor:
            cursor.execute(UNLINK, [project_id, list(with_spans), as_json(links)])
        if links:
            execute(sql.LINK, [project_id, as_json(links)])
    return with_spans


def _unsummed(link: dict[str, Any]) -> dict[str, Any]:
    """Return the row of `agent_trace` without sums, as it is before the trace settles."""
    return link | dict.fromkeys(UNSUMMED)
