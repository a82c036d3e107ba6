"""Targets of signals as they are stored: a trace, one of its spans, a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from signals_app.models import Scope
from signals_app.targets import TargetRef
from traces.models import AgentTrace, Session, Span, SpanFlag, Trace

#: Model calls of a trace that are looked for.
MOST_CALLS = 100


@dataclass(frozen=True, slots=True)
class Known:
    """A target as it is stored. By agent: `sessions` around it, and `calls`, its model calls."""

    ref: TargetRef
    agent_ids: frozenset[int]
    began_at: datetime
    quiet_since: datetime
    due_at: datetime | None
    settled_at: datetime | None
    revision: int
    kind: str
    is_own_judge: bool
    is_uploaded: bool
    sessions: dict[int, UUID]
    calls: dict[int, list[int]]


def find(project_id: int, ref: TargetRef) -> Known | None:
    """Read what is stored of a target; None when the project has no such target."""
    if ref.scope == Scope.SESSION:
        return _session(project_id, ref)
    trace = Trace.objects.of_project(project_id).filter(trace_id=ref.target).first()
    if trace is None:
        return None
    span = None
    if ref.span_id is not None:
        span = _spans(trace).filter(span_id=ref.span_id).first()
        if span is None:
            return None
    return _of_trace(ref, trace, span)


def _spans(trace: Trace) -> QuerySet[Span]:
    """Read the spans of a trace; its range of time keeps the query to the partitions that hold
    it."""
    return Span.objects.filter(
        project_id=trace.project_id,
        trace_id=trace.trace_id,
        start_time__gte=trace.start_time,
        start_time__lte=trace.end_time,
    ).defer("payload", "attributes")


def _of_trace(ref: TargetRef, trace: Trace, span: Span | None) -> Known:
    links = list(AgentTrace.objects.of_project(trace.project_id).of_trace(trace.trace_id))
    calls: dict[int, list[int]] = {}
    if span is None:
        agents, is_own_judge = {link.agent_id for link in links}, _is_own_judge(trace)
        calls = _model_calls(trace)
    else:
        agents = {span.agent_id} if span.agent_id is not None else set()
        is_own_judge = bool(span.flags & SpanFlag.JUDGE)
    return Known(
        ref=ref,
        agent_ids=frozenset(agents),
        began_at=span.start_time if span else trace.start_time,
        quiet_since=trace.last_received_at,
        due_at=trace.due_at,
        settled_at=trace.settled_at,
        revision=trace.revision if span is None else 1,
        kind=span.kind if span else "llm",
        is_own_judge=is_own_judge,
        is_uploaded=trace.is_uploaded,
        sessions={link.agent_id: link.session_key for link in links if link.session_key},
        calls=calls,
    )


def _is_own_judge(trace: Trace) -> bool:
    """Say whether every span of a trace was produced by our own judge."""
    others = _spans(trace).annotate(judge=F("flags").bitand(SpanFlag.JUDGE)).filter(judge=0)
    return trace.span_count > 0 and not others.exists()


def _model_calls(trace: Trace) -> dict[int, list[int]]:
    """Return the ids of a trace's model calls by agent, in order of time."""
    rows = _spans(trace).filter(kind="llm", agent_id__isnull=False)
    by_agent: dict[int, list[int]] = {}
    ordered = rows.order_by("start_time", "span_id").values_list("agent_id", "span_id")
    for agent_id, span_id in ordered[:MOST_CALLS]:
        if agent_id is not None:
            by_agent.setdefault(agent_id, []).append(span_id)
    return by_agent


def _session(project_id: int, ref: TargetRef) -> Known | None:
    session = Session.objects.of_project(project_id).filter(key=ref.target).first()
    if session is None:
        return None
    return Known(
        ref=ref,
        agent_ids=frozenset({session.agent_id}),
        began_at=session.start_time,
        quiet_since=session.last_received_at,
        due_at=session.due_at,
        settled_at=session.settled_at,
        revision=session.revision,
        kind="llm",
        is_own_judge=False,
        is_uploaded=session.is_uploaded,
        sessions={session.agent_id: session.key},
        calls={},
    )
