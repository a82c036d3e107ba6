"""Traces and sessions that have lain still: claimed, resolved and summed up for good.

Claims are made in the caller's transaction, so that settling a target and queueing its
judgement is one step. Claim traces before sessions, as writers lock them in this order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from traces.ingest import agent_ids
from traces.ingest.resolving import Node
from traces.settling import sql
from traces.settling.settled_trace import Claimed, Settled, settle
from traces.settling.trace_text import texts_of

#: What OpenTelemetry calls a service that was given no name (resource conventions, service).
#: Without an agent no signal could ever see such traffic.
NO_SERVICE = "unknown_service"

#: Of one claim, all traces together, unless its first trace has more: bounds the memory.
MAX_SPANS = 100_000


@dataclass(slots=True, frozen=True)
class SettledTrace:
    """revision counts from 1: how often the trace has settled. agent_ids are ascending."""

    project_id: int
    trace_id: UUID
    revision: int
    start_time: datetime
    agent_ids: tuple[int, ...]
    is_judge_only: bool


@dataclass(slots=True, frozen=True)
class SettledSession:
    project_id: int
    key: UUID
    agent_id: int
    revision: int
    start_time: datetime
    end_time: datetime


@dataclass(slots=True, frozen=True)
class ModelCall:
    trace_id: UUID
    span_id: int
    agent_id: int
    start_time: datetime


def claim_traces(now: datetime, limit: int) -> list[SettledTrace]:
    """Settle at most `limit` traces that are due, oldest first; another worker's are left.

    Fewer come back when they are large: only an empty answer means that none is due.
    Call it in a transaction. It fills in what only the whole trace knows (agents, session,
    user, sums, text to search) and leaves each trace settled, with its revision one higher.
    """
    agents = _agents_of_services(now, limit) if settings.AGENT_FROM_SERVICE_NAME else {}
    by_project: dict[int, list[Claimed]] = defaultdict(list)
    spans = 0
    for row in _fetch(sql.CLAIM, [now, limit]):
        claimed = Claimed(*row)
        if spans and spans + claimed.span_count > MAX_SPANS:
            break
        spans += claimed.span_count
        if claimed.agent_id is None and settings.AGENT_FROM_SERVICE_NAME:
            claimed.agent_id = agents.get((claimed.project_id, claimed.service or NO_SERVICE))
            if claimed.agent_id is None:
                continue  # It came due after we asked for services: the next claim has it.
        by_project[claimed.project_id].append(claimed)
    return [
        settled
        for project_id, traces in sorted(by_project.items())
        for settled in _settle_project(project_id, traces, now)
    ]


def claim_sessions(now: datetime, limit: int) -> list[SettledSession]:
    """Settle at most `limit` sessions that are due. Call it in a transaction."""
    rows = _fetch(sql.CLAIM_SESSIONS, [now, limit, now])
    return [SettledSession(*row) for row in rows]


def model_calls(project_id: int, trace_ids: Sequence[UUID]) -> list[ModelCall]:
    """The model calls of these traces that belong to an agent, in order of time."""
    rows = _fetch(sql.MODEL_CALLS, [project_id, list(trace_ids)])
    return [ModelCall(*row) for row in rows]


def _agents_of_services(now: datetime, limit: int) -> dict[tuple[int, str], int]:
    """(project, service) → agent, for due traces in which no span names an agent."""
    services: dict[int, dict[str, str]] = defaultdict(dict)
    for project_id, service in _fetch(sql.SERVICES_WITHOUT_AGENT, [now, limit]):
        name = service or NO_SERVICE
        services[project_id][name] = name
    found: dict[tuple[int, str], int] = {}
    with connection.cursor() as cursor:
        for project_id, names in sorted(services.items()):
            ids = agent_ids.ids_of(cursor, project_id, names, now)
            found |= {(project_id, name): agent_id for name, agent_id in ids.items()}
    return found


def _settle_project(project_id: int, claimed: list[Claimed], now: datetime) -> list[SettledTrace]:
    spans = _nodes_of(project_id, [one.trace_id for one in claimed])
    done = [settle(one, spans[one.trace_id]) for one in claimed if spans[one.trace_id]]
    if len(done) < len(claimed):
        empty = [one.trace_id for one in claimed if not spans[one.trace_id]]
        _execute(sql.LEAVE_EMPTY, [project_id, empty])
    if done:
        _write(project_id, done, now)
    return [
        SettledTrace(
            project_id,
            one.claimed.trace_id,
            one.claimed.revision + 1,
            one.columns["start_time"],
            tuple(sorted({link["agent_id"] for link in one.links})),
            all(node.is_judge for node in one.nodes),
        )
        for one in done
    ]


def _nodes_of(project_id: int, trace_ids: list[UUID]) -> dict[UUID, list[Node]]:
    found: dict[UUID, list[Node]] = {trace_id: [] for trace_id in trace_ids}
    for row in _fetch(sql.SPANS, [project_id, trace_ids]):
        found[row[0]].append(Node(*row[1:]))
    return found


def _write(project_id: int, done: list[Settled], now: datetime) -> None:
    texts = texts_of(project_id, done)
    rows = [one.columns | texts[one.claimed.trace_id] for one in done]
    filled = [row for one in done for row in one.filled]
    links = [row for one in done for row in one.links]
    ids = [one.claimed.trace_id for one in done]
    if filled:
        _execute(sql.BACK_FILL, [_json(filled), project_id])
    _execute(sql.SETTLE, [now, _json(rows), project_id])
    if links:
        _execute(sql.LINK, [project_id, _json(links)])
    _execute(sql.SESSIONS, [settings.SESSION_IDLE_S, project_id, ids])


def _fetch(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _execute(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
