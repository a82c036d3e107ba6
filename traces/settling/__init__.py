"""Traces and sessions that have lain still: claimed, resolved and summed up for good.

1. Agents are made for due traces in which no span names one, before anything is locked.
2. The due traces are claimed, and their spans read without payloads.
3. Spans of an agent that was merged become those of the agent that it is now, and an agent that
   was heard by its name alone becomes the one with an id.
4. `settled_trace` sums each trace up, `trace_text` reads what it says.
5. Spans, traces, `agent_trace` and sessions are written, each in one statement.

Claims are made in the caller's transaction, so that settling a target and queueing its
judgement is one step. Claim traces before sessions, as writers lock them in this order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from traces.ingest import agent_ids
from traces.ingest.naming import Naming, Spoken
from traces.ingest.resolving import Node
from traces.settling import sql
from traces.settling.nameless import StandIn, doubles, stand_in
from traces.settling.rows import as_json, execute, nodes_of
from traces.settling.settled_trace import Claimed, Settled, settle
from traces.settling.trace_text import texts_of
from traces.store.reading import fetch

#: (project, name) → agent.
Agents = dict[tuple[int, str], int]

#: Of one claim, all traces together, unless its first trace has more: bounds the memory.
MAX_SPANS = 100_000


@dataclass(slots=True, frozen=True)
class SettledTrace:
    """revision counts from 1: how often the trace has settled. agent_ids are ascending.
    is_uploaded: nothing of it came live since it settled before."""

    project_id: int
    trace_id: UUID
    revision: int
    start_time: datetime
    agent_ids: tuple[int, ...]
    is_judge_only: bool
    is_uploaded: bool


@dataclass(slots=True, frozen=True)
class SettledSession:
    project_id: int
    key: UUID
    agent_id: int
    revision: int
    start_time: datetime
    end_time: datetime
    is_uploaded: bool


@dataclass(slots=True, frozen=True)
class ModelCall:
    """revision: 1, and higher when words of it came after its trace had settled."""

    trace_id: UUID
    span_id: int
    agent_id: int
    start_time: datetime
    revision: int


def claim_traces(now: datetime, limit: int) -> list[SettledTrace]:
    """Settle at most `limit` traces that are due, oldest first; another worker's are left.

    Fewer come back when they are large: only an empty answer means that none is due.
    Call it in a transaction. It fills in what only the whole trace knows (agents, session,
    user, sums, text to search) and leaves each trace settled, with its revision one higher.
    """
    agents = _agents_that_stand_in(now, limit)
    by_project: dict[int, list[Claimed]] = defaultdict(list)
    spans = 0
    for row in fetch(sql.CLAIM, [now, limit]):
        claimed = Claimed(*row)
        if spans and spans + claimed.span_count > MAX_SPANS:
            break
        spans += claimed.span_count
        by_project[claimed.project_id].append(claimed)
    return [
        settled
        for project_id, traces in sorted(by_project.items())
        for settled in _settle_project(project_id, traces, agents, now)
    ]


def claim_sessions(now: datetime, limit: int) -> list[SettledSession]:
    """Settle at most `limit` sessions that are due. Call it in a transaction."""
    rows = fetch(sql.CLAIM_SESSIONS, [now, limit, now])
    return [SettledSession(*row) for row in rows]


def model_calls(project_id: int, trace_ids: Sequence[UUID]) -> list[ModelCall]:
    """Return the model calls of these traces that belong to an agent, in order of time."""
    rows = fetch(sql.MODEL_CALLS, [project_id, list(trace_ids)])
    return [ModelCall(*row) for row in rows]


@dataclass(slots=True, frozen=True)
class _NamedSpan:
    """A span whose name may tell which agent its trace belongs to."""

    span_id: int
    parent: int | None
    name: str
    kind: str
    start_us: int
    is_judge: bool


def _agents_that_stand_in(now: datetime, limit: int) -> Agents:
    """Find or make the agents of due traces in which no span names one."""
    traces: dict[tuple[int, UUID, str | None], list[_NamedSpan]] = defaultdict(list)
    for project_id, trace_id, service, *span in fetch(sql.WITHOUT_AGENT, [now, limit]):
        spans_named = traces[project_id, trace_id, service]
        if span[0] is not None:
            spans_named.append(_NamedSpan(*span))
    spoken: dict[int, dict[Naming, Spoken]] = defaultdict(dict)
    for (project_id, _, service), spans_named in traces.items():
        agents_named = stand_in(spans_named, service, settings.AGENT_FROM_SERVICE_NAME)
        spoken[project_id] |= {Naming(name): Spoken(name) for name in agents_named.names}
    agents: Agents = {}
    with connection.cursor() as cursor:
        for project_id, of_project in sorted(spoken.items()):
            ids = agent_ids.ids_of(cursor, project_id, of_project, now)
            agents |= {(project_id, naming.identity): row.id for naming, row in ids.items()}
    return agents


def _settle_project(
    project_id: int, claimed: list[Claimed], agents: Agents, now: datetime
) -> list[SettledTrace]:
    """Settle the claimed traces of one project."""
    spans = nodes_of(project_id, [trace.trace_id for trace in claimed])
    _follow_merges(project_id, claimed, spans)
    _join_doubles(project_id, claimed, spans)
    known = [trace for trace in claimed if _has_agents(trace, spans[trace.trace_id], agents)]
    done = [settle(trace, spans[trace.trace_id]) for trace in known if spans[trace.trace_id]]
    if len(done) < len(known):
        empty = [trace.trace_id for trace in known if not spans[trace.trace_id]]
        execute(sql.LEAVE_EMPTY, [project_id, empty])
    if done:
        _write(project_id, done, now)
    return [
        SettledTrace(
            project_id,
            settled.claimed.trace_id,
            settled.claimed.revision + 1,
            settled.columns["start_time"],
            tuple(sorted({link["agent_id"] for link in settled.links})),
            all(node.is_judge for node in settled.nodes),
            settled.claimed.is_uploaded,
        )
        for settled in done
    ]


def _follow_merges(project_id: int, claimed: list[Claimed], spans: dict[UUID, list[Node]]) -> None:
    """Give the spans of an agent that was merged away to the one that it became.

    A writer may not have heard of the merge yet.
    """
    agents = {node.agent for nodes in spans.values() for node in nodes if node.agent}
    gone: dict[int | None, int] = dict(fetch(sql.GONE, [project_id, list(agents)]))
    if not gone:
        return
    for trace in claimed:
        for node in spans[trace.trace_id]:
            if node.agent in gone:
                node.agent = gone[node.agent]
                trace.named.add(node.span_id)
        trace.agent_id = gone.get(trace.agent_id, trace.agent_id)
    execute(sql.UNLINK_GONE, [project_id, [trace.trace_id for trace in claimed], list(gone)])


def _join_doubles(project_id: int, claimed: list[Claimed], spans: dict[UUID, list[Node]]) -> None:
    """Give the spans of an agent that was heard by its name alone to the one with an id."""
    agents = {trace.trace_id: {node.agent for node in spans[trace.trace_id]} for trace in claimed}
    several = {pk for of_trace in agents.values() if len(of_trace) > 1 for pk in of_trace if pk}
    if not several:
        return
    named = {row[0]: row[1:] for row in fetch(sql.NAMED, [project_id, list(several)])}
    left = []
    for trace in claimed:
        pairs = doubles({pk: named[pk] for pk in agents[trace.trace_id] if pk and pk in named})
        for node in spans[trace.trace_id] if pairs else ():
            if node.agent in pairs:
                node.agent = pairs[node.agent]
                trace.named.add(node.span_id)
        left += [{"trace_id": trace.trace_id, "agent_id": pk} for pk in pairs]
    if left:
        execute(sql.UNLINK, [as_json(left), project_id])


def _has_agents(claimed: Claimed, nodes: list[Node], agents: Agents) -> bool:
    """Give a trace that names no agent those that stand in; return whether they are there.

    They are not where the trace came due, or grew, after they were made: the next claim has it.
    """
    if claimed.agent_id is not None or not nodes:
        return True
    named: StandIn = stand_in(nodes, claimed.service, settings.AGENT_FROM_SERVICE_NAME)
    if any((claimed.project_id, name) not in agents for name in named.names):
        return False
    if named.of_all:
        claimed.agent_id = agents[claimed.project_id, named.of_all]
    for node in nodes:
        if name := named.by_span.get(node.span_id):
            node.agent = agents[claimed.project_id, name]
            claimed.named.add(node.span_id)
    return True


def _write(project_id: int, done: list[Settled], now: datetime) -> None:
    """Write the settled traces of one project, each table in one statement."""
    texts = texts_of(project_id, done)
    rows = [settled.columns | texts[settled.claimed.trace_id] for settled in done]
    filled = [row for settled in done for row in settled.filled]
    links = [row for settled in done for row in settled.links]
    ids = [settled.claimed.trace_id for settled in done]
    if filled:
        execute(sql.BACK_FILL, [as_json(filled), project_id])
    execute(sql.SETTLE, [now, as_json(rows), project_id])
    if links:
        execute(sql.LINK, [project_id, as_json(links)])
    execute(sql.SESSIONS, [settings.SESSION_IDLE_S, project_id, ids])
