"""Traces and sessions as lists show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from api.inf import words
from api.shapes import links
from core.time_range.unix_time import nanoseconds_of
from teams.models import Project
from traces.figures.sessions import Turns
from traces.models import Agent, Session, Span, Trace
from traces.search.facets import Facets

Row = dict[str, Any]

#: Our facets by the client's names.
FACETS = {
    "model": "llm_model_name",
    "provider": "llm_provider",
    "service": "service_name",
    "environment": "deployment_environment",
}


def rows_of(project: Project, traces: Sequence[Trace]) -> list[Row]:
    """Return traces of a list, with their agents by one query."""
    names = agent_names(project, (trace.agent_id for trace in traces))
    kinds = _root_kinds(project, traces)
    return [_row_of(project, trace, names, kinds.get(trace.trace_id)) for trace in traces]


def _root_kinds(project: Project, traces: Sequence[Trace]) -> dict[UUID, str]:
    """Return the kind of the first root of each trace, in one query."""
    if not traces:
        return {}
    roots = Span.objects.filter(
        project_id=project.pk,
        trace_id__in=[trace.trace_id for trace in traces],
        parent_span_id=None,
        start_time__gte=min(trace.start_time for trace in traces),
        start_time__lte=max(trace.end_time for trace in traces),
    )
    first = roots.order_by("trace_id", "start_time").distinct("trace_id")
    return dict(first.values_list("trace_id", "kind"))


def agent_names(project: Project, keys: Iterable[int | None]) -> dict[int, str]:
    wanted = {key for key in keys if key is not None}
    return dict(Agent.objects.filter(project=project, pk__in=wanted).values_list("pk", "name"))


def facets_of(facets: Facets, wanted: Sequence[str]) -> Row:
    """Return what each facet that was asked for counts; what is not counted here is empty."""
    counted = {
        FACETS[facet.name]: [
            {"value": value.text, "count": value.count or 0} for value in facet.values
        ]
        for facet in facets.each
    }
    return {
        "categorical": {name: counted.get(name, []) for name in wanted if name in counted},
        "numeric": {},
        "attributeKeys": {"span": [], "resource": []},
        "attributeValues": {},
        "isWhole": facets.is_whole,
    }


def session_of(project: Project, session: Session, turns: Turns, agent: str | None) -> Row:
    """Return a session with what its turns come to."""
    sums = turns.sums
    return {
        "sessionId": session.session_id,
        "agentName": agent,
        "userId": session.user_id,
        "startTime": words.moment(session.start_time),
        "endTime": words.moment(session.end_time),
        "durationNs": _span_of(session.start_time, session.end_time),
        "traceCount": sums.runs,
        "errorCount": sums.errors,
        "totalTokens": sums.tokens,
        "totalCost": sums.cost_usd,
        "preview": turns.asked,
        "url": links.page("session", project.slug, session.key),
    }


def _row_of(project: Project, trace: Trace, names: dict[int, str], kind: str | None) -> Row:
    return {
        "traceId": trace.hex_id,
        "startTime": words.moment(trace.start_time),
        "endTime": words.moment(trace.end_time),
        "durationNs": _span_of(trace.start_time, trace.end_time),
        "rootSpanName": trace.name,
        "rootObservationKind": words.observation_of(kind) if kind else None,
        "serviceName": trace.service,
        "deploymentEnvironment": trace.environment,
        "agentName": names.get(trace.agent_id or 0),
        "sessionId": trace.session_id,
        "userId": trace.user_id,
        "spanCount": trace.span_count,
        "llmSpanCount": trace.llm_count,
        "toolSpanCount": trace.tool_count,
        "errorSpanCount": trace.error_count,
        "inputTokens": trace.input_tokens,
        "outputTokens": trace.output_tokens,
        "cacheReadTokens": None,
        "totalTokens": _sum(trace.input_tokens, trace.output_tokens),
        "totalCost": trace.cost_usd,
        "llmProvider": trace.provider,
        "llmModelName": trace.model,
        "hasError": trace.is_error,
        "isSettled": trace.settled_at is not None,
        "inputPreview": trace.input_preview,
        "outputPreview": trace.output_preview,
        "url": links.page("trace", project.slug, trace.trace_id),
    }


def _span_of(start: datetime, end: datetime) -> int:
    """Return nanoseconds between two moments."""
    return nanoseconds_of(end) - nanoseconds_of(start)


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
