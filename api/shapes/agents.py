"""Agents with what each did in a stretch of time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema

from api.shapes import links
from teams.models import Project
from traces.figures.agents import Row
from traces.models import Agent


class AgentRef(Schema):
    """Which agent something belongs to."""

    id: UUID
    name: str


class AgentShape(Schema):
    """An agent. error_rate: of the runs that have settled; figures are null where nothing is
    known."""

    id: UUID
    name: str
    identity: str
    first_seen_at: datetime
    last_seen_at: datetime
    runs: int
    settled: int
    errors: int
    error_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    signals: int
    url: str


def ref_of(agent: Agent) -> AgentRef:
    return AgentRef(id=agent.uuid, name=agent.name)


def agent_of(project: Project, row: Row) -> AgentShape:
    return AgentShape(
        id=row.agent.uuid,
        name=row.agent.name,
        identity=row.agent.identity,
        first_seen_at=row.agent.first_seen_at,
        last_seen_at=row.agent.last_seen_at,
        runs=row.runs,
        settled=row.settled,
        errors=row.errors,
        error_rate=row.errors / row.settled if row.settled else None,
        p50_ms=row.p50_ms,
        p95_ms=row.p95_ms,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=row.cost_usd,
        signals=row.linked.count if row.linked else 0,
        url=links.page("agent", project.slug, row.agent.uuid),
    )
