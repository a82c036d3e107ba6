"""Traffic for tests of pages: spans that the real writer stores and the real sweep settles."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.utils import timezone

from teams.models import Membership, Project, Team, User
from traces import settling
from traces.ingest import writer
from traces.models import Trace
from traces.records import SpanRecord

HOUR = timedelta(hours=1)


def confirmed(user: User) -> User:
    """Let the address of somebody be confirmed: nothing is sent to another one."""
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    return user


def member(project: Project, role: str = "member", email: str = "ada@example.org") -> User:
    user = confirmed(User.objects.create_user(email))
    Membership.objects.create(team=project.team, user=user, role=role)
    return user


def new_project(name: str = "Ours") -> Project:
    return Project.objects.create(team=Team.objects.create(name=f"{name} team"), name=name)


def trace_id_of(name: str) -> UUID:
    return UUID(bytes=hashlib.md5(name.encode()).digest())


def span_id_of(trace: str, name: str) -> bytes:
    return hashlib.md5(f"{trace}/{name}".encode()).digest()[:8]


def span(
    trace: str,
    name: str = "root",
    parent: str | None = None,
    *,
    at: datetime | None = None,
    took_ms: int = 1000,
    error: str = "",
    resource: dict[str, Any] | None = None,
    **attributes: Any,
) -> SpanRecord:
    """One span of the trace called `trace`; `__` in keyword names stands for a dot."""
    start_ns = int((at or timezone.now() - HOUR).timestamp() * 1000) * 1_000_000
    return SpanRecord(
        trace_id=trace_id_of(trace).bytes,
        span_id=span_id_of(trace, name),
        parent_span_id=span_id_of(trace, parent) if parent else None,
        name=name,
        otel_kind=1,
        start_ns=start_ns,
        end_ns=start_ns + took_ms * 1_000_000,
        status_code=2 if error else 0,
        status_message=error,
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        events=[],
        links=[],
        resource=resource or {},
        scope_name="tests",
        scope_version="1",
    )


def turn(trace: str, agent: str = "support", **more: Any) -> list[SpanRecord]:
    """An agent's span with one model call in it."""
    at = more.pop("at", None)
    said = more.pop("said", "Where is my order?")
    root = {"openinference__span__kind": "AGENT", "agent__name": agent, "input__value": said}
    call = {
        "openinference__span__kind": "LLM",
        "llm__model_name": "little-model",
        "llm__token_count__prompt": 100,
        "llm__token_count__completion": 20,
        "llm__input_messages__0__message__role": "user",
        "llm__input_messages__0__message__content": said,
        "llm__output_messages__0__message__role": "assistant",
        "llm__output_messages__0__message__content": more.pop("answer", "On its way."),
    }
    return [span(trace, at=at, **root, **more), span(trace, "chat", "root", at=at, **call)]


def arrive(project: Project, *spans: SpanRecord, settled: bool = True) -> None:
    """Store the spans as if they had come in an hour ago, and settle what is due."""
    connection.ensure_connection()
    received = timezone.now() - HOUR if settled else timezone.now() + HOUR
    writer.write(connection.connection, project.pk, spans, now=received)
    if settled:
        settle()


def settle() -> None:
    with transaction.atomic():
        settling.claim_traces(timezone.now(), 10_000)
        settling.claim_sessions(timezone.now(), 10_000)


def trace_called(project: Project, name: str) -> Trace:
    return Trace.objects.of_project(project.pk).get(trace_id=trace_id_of(name))
