"""Traffic and signals for the tests of the judging line, made through the real doors."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from core.ids import session_key
from signals_app.definition import states, versions
from signals_app.definition.starters import BY_KEY
from signals_app.models import Signal
from teams.models import Project, Team
from traces.ingest import writer
from traces.models import Agent
from traces.records import SpanRecord

AGENT = "support"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def project(name: str = "Acme", team: Team | None = None) -> Project:
    return Project.objects.create(team=team or Team.objects.create(name=name), name=name)


def span(
    trace_id: bytes,
    asked: str = "Where is my order?",
    answered: str = "It arrives tomorrow.",
    *,
    at: datetime,
    agent: str = AGENT,
    session: str | None = None,
    **attributes: Any,
) -> SpanRecord:
    """One finished model call, the root of its trace."""
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.agent.name": agent,
        "gen_ai.input.messages": json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": asked}]}]
        ),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": answered}]}]
        ),
    }
    if not asked and not answered:
        said = {"gen_ai.operation.name": "chat", "gen_ai.agent.name": agent}
    if session:
        said["gen_ai.conversation.id"] = session
    start_ns = (at - EPOCH) // timedelta(microseconds=1) * 1000
    return SpanRecord(
        trace_id=trace_id,
        span_id=secrets.token_bytes(8),
        parent_span_id=None,
        name="chat",
        otel_kind=3,
        start_ns=start_ns,
        end_ns=start_ns + 1_000_000_000,
        status_code=0,
        status_message="",
        attributes=said | attributes,
        events=[],
        links=[],
        resource={"service.name": agent},
        scope_name="test",
        scope_version="1",
    )


def send(to: Project, spans: Iterable[SpanRecord], now: datetime | None = None) -> None:
    connection.ensure_connection()
    writer.write(connection.connection, to.pk, list(spans), now or timezone.now())


def send_traces(to: Project, count: int, *, now: datetime, **fields: Any) -> list[bytes]:
    """That many traces of one model call each, an hour old and quiet since."""
    ids = [secrets.token_bytes(16) for _ in range(count)]
    early = now - timedelta(hours=1)
    send(to, [span(trace_id, at=early, **fields) for trace_id in ids], early)
    return ids


def agent(of: Project, name: str = AGENT) -> Agent:
    found = Agent.objects.filter(project=of, name=name).first()
    now = timezone.now()
    return found or Agent.objects.create(
        project=of, identity=name, name=name, first_seen_at=now, last_seen_at=now
    )


def signal(
    of: Project,
    template: str = "user_frustration",
    *,
    scope: str = "trace",
    rate: float = 1.0,
    name: str = "",
    is_active: bool = True,
    **fields: Any,
) -> Signal:
    made = BY_KEY[template]
    signal = versions.create(
        project=of,
        agent=agent(of),
        name=name or made.name,
        scope=scope,
        type=made.type,
        prompt=made.prompt,
        labels=made.labels,
        sample_rate=rate,
        template=template,
        **fields,
    )
    if is_active:
        states.activate(signal, None, timezone.now())
    return signal


def key_of_session(of: Project, name: str) -> str:
    return session_key(agent(of).pk, name).hex
