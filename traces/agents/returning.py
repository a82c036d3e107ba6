"""Traffic that a merge took in after it was made: whose it is, its spans say.

What followed a merge is noted span by span. What came in later never had another agent; it is
read again, as ingest and settling would read it now.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from core.ids import span_id_from_hex
from traces.agents import sql
from traces.conventions import derive
from traces.ingest import agent_ids
from traces.ingest.incoming import cut
from traces.ingest.naming import Naming, Said, agreed, namings, said_by
from traces.ingest.resolving import Node, resolve_agents, root_of
from traces.ingest.trace_rows import said_columns
from traces.models import AgentMerge
from traces.records import SpanRecord, StoredSpan
from traces.settling.nameless import stand_in
from traces.settling.rows import as_json, execute, nodes_of
from traces.store.reading import fetch, spans_of_traces

#: Traces read at once, and the spans of each that are asked: the others have the agent of those
#: that they are in.
BATCH = 10
MAX_SPANS = 2_000
#: A trace that came in may have begun long before.
LONGEST = timedelta(days=2)

CAME_SINCE = """
SELECT a.trace_id FROM agent_trace a
JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
WHERE a.project_id = %s AND a.agent_id = %s AND a.start_time >= %s AND t.last_received_at >= %s
  AND a.trace_id > %s
ORDER BY a.trace_id LIMIT %s
"""


def note_what_came_since(merge: AgentMerge) -> None:
    """Note the spans that the source of an undone merge would have had, to let them go back."""
    last = UUID(int=0)
    while True:
        values = [merge.project_id, merge.target_id, merge.at - LONGEST, merge.at, last, BATCH]
        ids = [row[0] for row in fetch(CAME_SINCE, values)]
        if not ids:
            return
        _note(merge, ids)
        last = ids[-1]


@transaction.atomic
def _note(merge: AgentMerge, ids: list[UUID]) -> None:
    fetch(sql.LOCK_TRACES, [merge.project_id, ids])
    stored = spans_of_traces(merge.project_id, ids, MAX_SPANS)
    nodes = nodes_of(merge.project_id, ids)
    said = {trace_id: _said(stored[trace_id], nodes[trace_id]) for trace_id in ids}
    heard = [(each, trace_id) for trace_id, of_trace in said.items() for each in of_trace.values()]
    with connection.cursor() as cursor:
        owners = agent_ids.known(cursor, merge.project_id, namings(heard))
    notes = []
    for trace_id in ids:
        spans = _theirs(merge, nodes[trace_id], said[trace_id], owners)
        if spans:
            is_own = _own_agent(nodes[trace_id]) == merge.source_id
            notes.append({"key": trace_id, "data": {"spans": spans, "is_own": is_own}})
    if notes:
        execute(sql.NOTE_TRACES, [merge.project_id, merge.pk, as_json(notes)])


def _said(stored: list[StoredSpan], nodes: list[Node]) -> dict[int, Said]:
    """Return by span what it says of its agent; where none does, what stands in."""
    records = [_record(each) for each in stored]
    by_record = agreed([_of_record(record) for record in records])
    said = {
        span_id_from_hex(span.span_id): says
        for span, says in zip(stored, by_record, strict=True)
        if says is not None
    }
    if said or not nodes:
        return said
    service = next((node.service for node in nodes if node.service), None)
    other = stand_in(nodes, service, settings.AGENT_FROM_SERVICE_NAME)
    if other.by_span:
        return {number: Said(Naming(name), name) for number, name in other.by_span.items()}
    name = other.of_all
    return {node.span_id: Said(Naming(name), name) for node in nodes} if name else {}


def _of_record(record: SpanRecord) -> Said | None:
    fields = derive(record)
    return said_by(fields.agent_id, cut(fields.agent_name), fields.kind, record.name)


def _record(span: StoredSpan) -> SpanRecord:
    """Read a stored span as far as its conventions need it."""
    parent = span.parent_span_id
    return SpanRecord(
        trace_id=b"",
        span_id=b"",
        parent_span_id=None if parent is None else bytes.fromhex(parent),
        name=span.name,
        otel_kind=0,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status_code=0,
        status_message="",
        attributes=span.payload["attributes"],
        events=[],
        links=[],
        resource=span.payload.get("resource") or {},
        scope_name="",
        scope_version="",
    )


def _own_agent(nodes: list[Node]) -> int | None:
    agent: int | None = said_columns(nodes, root_of(nodes))["agent_id"]
    return agent


def _theirs(
    merge: AgentMerge, nodes: list[Node], said: dict[int, Said], owners: dict[Naming, int]
) -> list[int]:
    """Return the spans that are the source's, and still stand as the target's."""
    now = {node.span_id: node.agent for node in nodes}
    for node in nodes:
        word = said.get(node.span_id)
        node.agent = owners.get(word.naming) if word else None
    resolve_agents(nodes, is_complete=True)
    return [
        node.span_id
        for node in nodes
        if node.agent == merge.source_id and now[node.span_id] == merge.target_id
    ]
