"""The questions that pages ask about traces, agents and sessions.

Each method names `project_id` first, since every key and index of these tables begins with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

import orjson
from django.apps import apps
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from traces.models import Agent, AgentTrace, Session, Span, Trace  # noqa: F401

Row = TypeVar("Row", bound=models.Model)
Rows = TypeVar("Rows", bound=models.QuerySet[Any, Any])

#: What a row of a list shows. Big and rarely read columns stay in the table.
LIST_COLUMNS = (
    "project_id", "trace_id", "start_time", "end_time", "settled_at", "due_at", "name",
    "root_ended", "is_error", "error_count", "span_count", "llm_count", "tool_count",
    "input_tokens", "output_tokens", "cost_usd", "agent_id", "session_id", "user_id",
    "model", "provider", "service", "environment", "input_preview", "output_preview",
    "text_gone_at",
)  # fmt: skip

#: What the tree shows of a span: all but its payload and its filterable attributes.
TREE_COLUMNS = (
    "project_id", "trace_id", "span_id", "parent_span_id", "start_time", "end_time", "name",
    "kind", "is_error", "flags", "model", "tool_name", "agent_id", "input_tokens",
    "output_tokens", "cost_usd",
)  # fmt: skip


class DateBin(Func):
    """The start of the step, counted from `start`, that a time falls into."""

    function = "DATE_BIN"
    output_field = models.DateTimeField()

    def __init__(self, column: str, start: datetime, step: timedelta) -> None:
        super().__init__(models.Value(step), F(column), models.Value(start))


class AgentQuerySet(models.QuerySet["Agent"]):
    def of_project(self, project_id: int) -> AgentQuerySet:
        """Return the agents seen in a project, the one heard of last first.

        A name without any run is left out where an agent with an id bears it: it was heard in
        part of a trace, before the id was (`traces.settling.nameless.doubles`).
        """
        runs = apps.get_model("traces", "AgentTrace").objects.filter(
            project_id=OuterRef("project_id"), agent_id=OuterRef("pk")
        )
        other = self.model.objects.filter(
            project=OuterRef("project_id"), said_name=OuterRef("identity")
        ).exclude(pk=OuterRef("pk"))
        # Not `Exists(runs)`: PostgreSQL would gather the agents of all runs for it, even where
        # the first page of a list is asked for.
        agents = self.filter(project=project_id).alias(a_run=Subquery(runs.values("agent_id")[:1]))
        double = Q(identity=F("said_name"), a_run=None) & Exists(other)
        return agents.exclude(double).order_by("-last_seen_at", "name")


class MeasuredQuerySet(models.QuerySet[Row]):
    """Rows with a start and an end, tokens and a cost: spans and traces."""

    def lasting(self, least_s: float | None, most_s: float | None) -> Self:
        """Keep rows that last so long from first start to last end; None is no limit."""
        if least_s is None and most_s is None:
            return self
        took = F("end_time") - F("start_time")
        timed = self.annotate(took=ExpressionWrapper(took, models.DurationField()))
        return _limited(timed, "took", _seconds(least_s), _seconds(most_s))

    def using_tokens(self, least: int | None, most: int | None) -> Self:
        """Keep rows by input and output tokens together; one that reports none is unknown."""
        if least is None and most is None:
            return self
        reported = self.exclude(input_tokens=None, output_tokens=None)
        total = Coalesce("input_tokens", 0) + Coalesce("output_tokens", 0)
        return _limited(reported.annotate(tokens=total), "tokens", least, most)

    def costing(self, least_usd: float | None, most_usd: float | None) -> Self:
        """Keep rows by cost; one that reports none is unknown, not free."""
        return _limited(self, "cost_usd", least_usd, most_usd)


class SpanQuerySet(MeasuredQuerySet["Span"]):
    def of_project(self, project_id: int) -> SpanQuerySet:
        return self.filter(project_id=project_id)

    def between(self, start: datetime, end: datetime) -> SpanQuerySet:
        """Keep spans that started at `start` or later, and before `end`."""
        return self.filter(start_time__gte=start, start_time__lt=end)

    def narrow(self) -> SpanQuerySet:
        """Read what a list shows: neither the payload nor what filters alone look at."""
        return self.defer("payload", "attributes")

    def of_trace(self, trace: Trace, limit: int) -> SpanQuerySet:
        """Return the first `limit` spans of a trace by start, without payloads."""
        return self.in_trace(trace).order_by("start_time", "span_id")[:limit]

    def in_trace(self, trace: Trace) -> SpanQuerySet:
        """Keep the spans of a trace, without payloads.

        The time range of the trace keeps the query to the partitions that hold it.
        """
        spans = self.filter(
            project_id=trace.project_id,
            trace_id=trace.trace_id,
            start_time__gte=trace.start_time,
            start_time__lte=trace.end_time,
        )
        return spans.only(*TREE_COLUMNS)


class TraceQuerySet(MeasuredQuerySet["Trace"]):
    def of_project(self, project_id: int) -> TraceQuerySet:
        return self.filter(project_id=project_id)

    def between(self, start: datetime, end: datetime) -> TraceQuerySet:
        """Keep traces that started at `start` or later, and before `end`."""
        return self.filter(start_time__gte=start, start_time__lt=end)

    def since(self, start: datetime) -> TraceQuerySet:
        return self.filter(start_time__gte=start)

    def narrow(self) -> TraceQuerySet:
        return self.only(*LIST_COLUMNS)

    def only_keys(self) -> TraceQuerySet:
        """Read only what the index of the list holds: a filter by size reads no row then."""
        return self.only("project_id", "trace_id", "start_time")

    def ids(self) -> models.QuerySet[Any, Any]:
        return self.values_list("trace_id", flat=True)

    def newest_first(self) -> TraceQuerySet:
        return self.order_by("-start_time", "trace_id")

    def among(self, trace_ids: Any) -> TraceQuerySet:
        """Keep traces whose id is in a list or in a subquery of one column."""
        return self.filter(trace_id__in=trace_ids)

    def of_session(self, session_id: str) -> TraceQuerySet:
        return self.filter(session_id=session_id)

    def of_user(self, user_id: str) -> TraceQuerySet:
        return self.filter(user_id=user_id)

    def of_status(self, status: str) -> TraceQuerySet:
        """Keep traces that are "ok", "error", or "open": more spans of them are expected."""
        if status == "open":
            return self.filter(settled_at=None)
        return self.filter(is_error=status == "error")

    def holding(self, kind: str) -> TraceQuerySet:
        """Keep traces with a span of that kind at least."""
        if kind in {"llm", "tool"}:
            return self.filter(**{f"{kind}_count__gt": 0})
        return self.filter(Exists(_spans_of_kind(kind)))

    def with_metadata(self, pairs: Iterable[tuple[str, str]]) -> TraceQuerySet:
        """Keep traces with all of the pairs, each value as text or as what JSON reads it as."""
        traces = self.exclude(metadata={})
        for key, value in pairs:
            has_pair = Q(metadata__contains={key: value})
            if (scalar := _scalar(value)) is not None:
                has_pair |= Q(metadata__contains={key: scalar})
            traces = traces.filter(has_pair)
        return traces

    def saying(self, words: str) -> TraceQuerySet:
        """Keep traces whose text holds the words, read as a web search does: quotes, or, minus."""
        query = SearchQuery(words, search_type="websearch", config="simple")
        return self.filter(search=query)


def _spans_of_kind(kind: str) -> models.QuerySet[Any, Any]:
    """Return the spans of a kind in the outer trace, whose times name the partitions."""
    spans: models.QuerySet[Any, Any] = apps.get_model("traces", "Span").objects.all()
    return spans.filter(
        project_id=OuterRef("project_id"),
        trace_id=OuterRef("trace_id"),
        start_time__gte=OuterRef("start_time"),
        start_time__lte=OuterRef("end_time"),
        kind=kind,
    )


def _limited(rows: Rows, column: str, least: Any, most: Any) -> Rows:
    if least is not None:
        rows = rows.filter(**{f"{column}__gte": least})
    if most is not None:
        rows = rows.filter(**{f"{column}__lte": most})
    return rows


def _seconds(number: float | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)


def _scalar(text: str) -> int | float | bool | None:
    """Return what JSON reads in `text` if it is a number or a truth value, else None."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, (int, float)) else None


class AgentTraceQuerySet(models.QuerySet["AgentTrace"]):
    def of_project(self, project_id: int) -> AgentTraceQuerySet:
        return self.filter(project_id=project_id)

    def of_agent(self, agent_pk: int) -> AgentTraceQuerySet:
        return self.filter(agent_id=agent_pk)

    def of_trace(self, trace_id: UUID | OuterRef) -> AgentTraceQuerySet:
        return self.filter(trace_id=trace_id)

    def since(self, start: datetime) -> AgentTraceQuerySet:
        return self.filter(start_time__gte=start)

    def of_session(self, key: UUID | OuterRef) -> AgentTraceQuerySet:
        return self.filter(session_key=key)

    def of_session_keys(self, keys: Any) -> AgentTraceQuerySet:
        """Keep runs in the sessions whose key is in a list or in a subquery of one column."""
        return self.filter(session_key__in=keys)

    def between(self, start: datetime, end: datetime) -> AgentTraceQuerySet:
        return self.filter(start_time__gte=start, start_time__lt=end)


class SessionQuerySet(models.QuerySet["Session"]):
    def of_project(self, project_id: int) -> SessionQuerySet:
        return self.filter(project_id=project_id)

    def between(self, start: datetime, end: datetime) -> SessionQuerySet:
        """Keep sessions that began at `start` or later, and before `end`."""
        return self.filter(start_time__gte=start, start_time__lt=end)

    def of_agent(self, agent_pk: int) -> SessionQuerySet:
        return self.filter(agent_id=agent_pk)

    def of_user(self, user_id: str) -> SessionQuerySet:
        return self.filter(user_id=user_id)

    def waiting(self) -> SessionQuerySet:
        """Keep sessions that have not been quiet for long enough; `due_at` is indexed for it."""
        return self.filter(due_at__isnull=False)
