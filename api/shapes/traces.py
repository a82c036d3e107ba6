"""Traces and their spans, and the labels that they bear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from api.shapes import agents, links
from api.shapes.agents import AgentRef
from api.shapes.signals import SignalRef
from core.ids import session_key, span_id_hex
from teams.models import Project
from traces import extensions
from traces.extensions import Chip, Mark
from traces.figures.taking_part import agents_of
from traces.models import Agent, Span, SpanFlag, Trace
from traces.search.facets import Facets
from traces.span_tree import Node
from traces.store.outline import Outline


class GivenLabel(Schema):
    """A label as lists have it. targets: how many of the trace, its spans and its session bear
    it."""

    signal: SignalRef
    label: str
    sentiment: str
    targets: int


class MarkShape(Schema):
    """What a signal said of a trace, of one of its spans, or of its session. label: null where it
    has none; `reason` then says why."""

    signal: SignalRef
    scope: str
    span_id: str | None
    label: str | None
    sentiment: str | None
    explanation: str
    reason: str
    judge_name: str
    judge_model: str
    at: datetime


class TraceFacts(Schema):
    """What is known of a trace wherever it stands."""

    trace_id: str
    name: str
    start: datetime
    end: datetime
    duration_s: float
    status: str
    is_open: bool
    agents: list[AgentRef]
    session_id: str | None
    session: str | None
    user_id: str | None
    model: str | None
    provider: str | None
    service: str | None
    environment: str | None
    errors: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    input: str
    output: str
    labels: list[GivenLabel]
    url: str


class TraceShape(TraceFacts):
    """One request to an agent. status: ok or error; is_open: more spans of it are expected.
    agents: all that took part, its own first. session: the key of its session. Tokens and cost are
    null where no span reports any. input, output: the beginning of each."""

    spans: int


class SpanFacts(Schema):
    """A span without what was sent in it. is_moved: its time is not the one that was sent."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    start: datetime
    end: datetime | None
    duration_s: float | None
    status: str
    agent: AgentRef | None
    model: str | None
    tool_name: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    is_moved: bool


class SpanRow(SpanFacts):
    """A span of a trace. depth: 0 for a root."""

    depth: int


class FoundSpan(SpanFacts):
    """A span among those of many traces."""

    trace_id: str
    provider: str | None
    service: str | None
    environment: str | None
    url: str


class WholeTrace(TraceFacts):
    """A trace with the tree of its spans, in reading order: a parent before its children, each
    with its depth. span_count: how many it has; `spans` holds the first 10,000. marks: what each
    signal said of it, of its spans and of its session."""

    span_count: int
    tags: list[str]
    metadata: dict[str, Any]
    marks: list[MarkShape]
    spans: list[SpanRow]


class FacetValue(Schema):
    """count: null where it is asked for but not among the traces that were counted."""

    value: str
    count: int | None


class FacetsShape(Schema):
    """How many traces bear each value, the most frequent first. traces: how many were counted, the
    newest ones; is_whole: there are no more; is_counted: false where it took too long."""

    model: list[FacetValue]
    provider: list[FacetValue]
    service: list[FacetValue]
    environment: list[FacetValue]
    traces: int
    is_whole: bool
    is_counted: bool


def traces_of(project: Project, traces: Sequence[Trace]) -> list[TraceShape]:
    """Return a shape for each trace of a list."""
    marks, taking = extensions.marks(project, traces), agents_of(project, traces)
    return [
        TraceShape(
            **_facts(project, trace, taking[trace.trace_id]),
            spans=trace.span_count,
            labels=labels_of(extensions.chips(marks[trace.trace_id])),
        )
        for trace in traces
    ]


def whole_trace_of(project: Project, trace: Trace, stored: Outline) -> WholeTrace:
    marks = extensions.marks(project, [trace])[trace.trace_id]
    return WholeTrace(
        **_facts(project, trace, agents_of(project, [trace])[trace.trace_id]),
        span_count=trace.span_count,
        tags=trace.tags,
        metadata=trace.metadata,
        labels=labels_of(extensions.chips(marks)),
        marks=marks_of(marks),
        spans=rows_of(project, stored.in_order),
    )


def _facts(project: Project, trace: Trace, taking: Sequence[Agent]) -> dict[str, Any]:
    has_session = trace.session_id and trace.agent_id is not None
    key = session_key(trace.agent_id or 0, trace.session_id or "").hex if has_session else None
    columns = ("user_id", "model", "provider", "service", "environment", "session_id")
    sums = ("input_tokens", "output_tokens", "cost_usd", "name")
    return {
        "trace_id": trace.hex_id,
        "start": trace.start_time,
        "end": trace.end_time,
        "duration_s": (trace.end_time - trace.start_time).total_seconds(),
        "status": status_of(trace.is_error),
        "is_open": trace.settled_at is None,
        "agents": [agents.ref_of(agent) for agent in taking],
        "session": key,
        "errors": trace.error_count,
        "input": trace.input_preview or "",
        "output": trace.output_preview or "",
        "url": links.page("trace", project.slug, trace.trace_id),
        **{name: getattr(trace, name) for name in (*columns, *sums)},
    }


def status_of(is_error: bool) -> str:
    return "error" if is_error else "ok"


def labels_of(chips: Iterable[Chip]) -> list[GivenLabel]:
    return [
        GivenLabel(
            signal=_signal_of(chip.mark),
            label=chip.mark.label or "",
            sentiment=chip.mark.sentiment,
            targets=chip.count,
        )
        for chip in chips
        if chip.mark.judged_by
    ]


def marks_of(marks: Iterable[Mark]) -> list[MarkShape]:
    return [
        MarkShape(
            signal=_signal_of(mark),
            scope=mark.scope,
            span_id=mark.span_id or None,
            label=mark.label,
            sentiment=mark.sentiment if mark.label is not None else None,
            explanation=mark.explanation,
            reason=mark.reason if mark.label is None else "",
            judge_name=mark.judge_name,
            judge_model=mark.judge,
            at=mark.at,
        )
        for mark in marks
        if mark.judged_by
    ]


def _signal_of(mark: Mark) -> SignalRef:
    return SignalRef(id=mark.judged_by or UUID(int=0), name=mark.title)


def rows_of(project: Project, nodes: Sequence[tuple[Node, Span]]) -> list[SpanRow]:
    """Return a shape for each of these spans of one trace."""
    known = _agents_of(project, [row for _node, row in nodes])
    return [SpanRow(**facts_of(row, known), depth=node.depth) for node, row in nodes]


def found_spans_of(project: Project, rows: Sequence[Span]) -> list[FoundSpan]:
    """Return a shape for each span of a list."""
    known = _agents_of(project, rows)
    return [
        FoundSpan(
            **facts_of(row, known),
            trace_id=row.trace_id.hex,
            provider=row.provider,
            service=row.service,
            environment=row.environment,
            url=f"{links.page('trace', project.slug, row.trace_id)}?span={row.hex_id}",
        )
        for row in rows
    ]


def _agents_of(project: Project, rows: Iterable[Span]) -> dict[int, Agent]:
    pks = {row.agent_id for row in rows if row.agent_id is not None}
    return Agent.objects.filter(project=project).in_bulk(pks)


def facts_of(row: Span, known: dict[int, Agent]) -> dict[str, Any]:
    """Return what `SpanFacts` says of a span. known: agents by primary key."""
    took = row.end_time - row.start_time if row.end_time else None
    agent = known.get(row.agent_id or 0)
    same = ("name", "kind", "model", "tool_name", "input_tokens", "output_tokens", "cost_usd")
    return {
        "span_id": row.hex_id,
        "parent_span_id": None if row.parent_span_id is None else span_id_hex(row.parent_span_id),
        "start": row.start_time,
        "end": row.end_time,
        "duration_s": took.total_seconds() if took is not None else None,
        "status": status_of(row.is_error),
        "agent": agents.ref_of(agent) if agent else None,
        "is_moved": bool(row.flags & SpanFlag.CLOCK_SUSPECT),
        **{name: getattr(row, name) for name in same},
    }


def facets_of(found: Facets) -> FacetsShape:
    values = {
        facet.name: [FacetValue(value=each.text, count=each.count) for each in facet.values]
        for facet in found.each
    }
    return FacetsShape(
        **values, traces=found.of, is_whole=found.is_whole, is_counted=found.is_counted
    )
