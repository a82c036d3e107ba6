"""Traffic for tests: span records from a few words, written and settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction

from core.time_range.unix_time import microseconds_of
from teams.models import Project, Team
from traces.ingest.writer import Written, write
from traces.models import Trace
from traces.records import SpanRecord
from traces.settling import SettledTrace, claim_traces

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def a_project(name: str = "shop") -> Project:
    team = Team.objects.create(name=name)
    return Project.objects.create(team=team, name=name)


def trace_id(number: int) -> UUID:
    return UUID(int=number)


def span(
    number: int,
    *,
    parent: int | None = None,
    trace: int = 1,
    kind: str = "CHAIN",
    agent: str | None = None,
    session: str | None = None,
    user: str | None = None,
    tokens: tuple[int, int] | None = None,
    start_s: float = 0.0,
    lasted_s: float | None = 1.0,
    attributes: dict[str, Any] | None = None,
    **changes: Any,
) -> SpanRecord:
    """Span `number` of trace number `trace`; times in seconds before and after NOW - 60 s."""
    start_ns = (microseconds_of(NOW - timedelta(seconds=60)) + round(start_s * 1e6)) * 1000
    said: dict[str, Any] = {"openinference.span.kind": kind}
    said |= {"agent.name": agent} if agent else {}
    said |= {"session.id": session} if session else {}
    said |= {"user.id": user} if user else {}
    if tokens:
        said |= {"llm.token_count.prompt": tokens[0], "llm.token_count.completion": tokens[1]}
    values: dict[str, Any] = {
        "trace_id": trace_id(trace).bytes,
        "span_id": number.to_bytes(8, "big"),
        "parent_span_id": None if parent is None else parent.to_bytes(8, "big"),
        "name": f"span {number}",
        "otel_kind": 1,
        "start_ns": start_ns,
        "end_ns": 0 if lasted_s is None else start_ns + round(lasted_s * 1e9),
        "status_code": 0,
        "status_message": "",
        "attributes": said | (attributes or {}),
        "events": [],
        "links": [],
        "resource": {},
        "scope_name": "tests",
        "scope_version": "1",
    }
    return SpanRecord(**(values | changes))


def send(project: Project, *records: SpanRecord, now: datetime = NOW) -> Written:
    """Write through the connection of the test."""
    return write(raw_connection(), project.pk, records, now, project.session_idle_s)


def raw_connection() -> psycopg.Connection:
    connection.ensure_connection()
    raw: psycopg.Connection | None = connection.connection
    assert raw is not None
    return raw


def settle(now: datetime = NOW + timedelta(hours=1), limit: int = 100) -> list[SettledTrace]:
    with transaction.atomic():
        return claim_traces(now, limit)


def the_trace(project: Project, number: int = 1) -> Trace:
    return Trace.objects.get(project_id=project.pk, trace_id=trace_id(number))
