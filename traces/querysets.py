"""The questions that pages ask about traces, agents and sessions.

Each method names `project_id` first, since that is how the tables are addressed
(DESIGN.md, "Identity and keys").
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Aggregate, Count, F, FloatField, Func, Q, Sum

if TYPE_CHECKING:
    from traces.models import Agent, AgentTrace, Session, Span, Trace  # noqa: F401

#: What a row of a list shows. Big and rarely read columns stay in the table.
LIST_COLUMNS = (
    "project_id", "trace_id", "start_time", "end_time", "settled_at", "due_at", "name",
    "root_ended", "is_error", "error_count", "span_count", "llm_count", "tool_count",
    "input_tokens", "output_tokens", "cost_usd", "agent_id", "session_id", "user_id",
    "model", "service", "environment", "input_preview", "output_preview",
)  # fmt: skip

#: What the tree shows of a span: all but its payload and its filterable attributes.
TREE_COLUMNS = (
    "project_id", "trace_id", "span_id", "parent_span_id", "start_time", "end_time", "name",
    "kind", "is_error", "flags", "model", "tool_name", "agent_id", "input_tokens",
    "output_tokens", "cost_usd",
)  # fmt: skip


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: interpolated, NULLs left out."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Percentile"

    def __init__(self, expression: str, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, output_field=FloatField(), **extra)


class DateBin(Func):
    """The start of the step, counted from `start`, that a time falls into."""

    function = "DATE_BIN"
    output_field = models.DateTimeField()

    def __init__(self, column: str, start: datetime, step: timedelta) -> None:
        super().__init__(models.Value(step), F(column), models.Value(start))


class AgentQuerySet(models.QuerySet["Agent"]):
    def of_project(self, project_id: int) -> AgentQuerySet:
        """The agents seen in a project, the one heard of last first."""
        return self.filter(project=project_id).order_by("-last_seen_at", "name")


class SpanQuerySet(models.QuerySet["Span"]):
    def of_trace(self, trace: Trace, limit: int) -> SpanQuerySet:
        """The first `limit` spans of a trace by start, without payloads.

        The time range of the trace keeps the query to the partitions that hold it.
        """
        found = self.filter(
            project_id=trace.project_id,
            trace_id=trace.trace_id,
            start_time__gte=trace.start_time,
            start_time__lte=trace.end_time,
        )
        return found.only(*TREE_COLUMNS).order_by("start_time", "span_id")[:limit]


class TraceQuerySet(models.QuerySet["Trace"]):
    def of_project(self, project_id: int) -> TraceQuerySet:
        return self.filter(project_id=project_id)

    def between(self, start: datetime, end: datetime) -> TraceQuerySet:
        """Started at `start` or later, and before `end`."""
        return self.filter(start_time__gte=start, start_time__lt=end)

    def narrow(self) -> TraceQuerySet:
        return self.only(*LIST_COLUMNS)

    def newest_first(self) -> TraceQuerySet:
        return self.order_by("-start_time", "trace_id")

    def oldest_first(self) -> TraceQuerySet:
        return self.order_by("start_time", "-trace_id")

    def older_than(self, start_time: datetime, trace_id: UUID) -> TraceQuerySet:
        """Those that stand below one row of `newest_first`."""
        tied = Q(start_time__lt=start_time) | Q(trace_id__gt=trace_id)
        return self.filter(tied, start_time__lte=start_time)

    def newer_than(self, start_time: datetime, trace_id: UUID) -> TraceQuerySet:
        """Those that stand above one row of `newest_first`."""
        tied = Q(start_time__gt=start_time) | Q(trace_id__lt=trace_id)
        return self.filter(tied, start_time__gte=start_time)

    def among(self, trace_ids: Any) -> TraceQuerySet:
        """Those whose id is in a list or in a subquery of one column."""
        return self.filter(trace_id__in=trace_ids)

    def not_among(self, trace_ids: Any) -> TraceQuerySet:
        return self.exclude(trace_id__in=trace_ids)

    def of_session(self, session_id: str) -> TraceQuerySet:
        return self.filter(session_id=session_id)

    def of_user(self, user_id: str) -> TraceQuerySet:
        return self.filter(user_id=user_id)

    def of_status(self, status: str) -> TraceQuerySet:
        """ "ok", "error", or "open": those for which more spans are expected."""
        if status == "open":
            return self.filter(settled_at=None)
        return self.filter(is_error=status == "error")

    def saying(self, words: str) -> TraceQuerySet:
        """Whose text holds the words, as a web search reads them: quotes, or, minus."""
        query = SearchQuery(words, search_type="websearch", config="simple")
        return self.filter(search=query)


class AgentTraceQuerySet(models.QuerySet["AgentTrace"]):
    def of_project(self, project_id: int) -> AgentTraceQuerySet:
        return self.filter(project_id=project_id)

    def of_agent(self, agent_pk: int) -> AgentTraceQuerySet:
        return self.filter(agent_id=agent_pk)

    def of_trace(self, trace_id: UUID) -> AgentTraceQuerySet:
        return self.filter(trace_id=trace_id)

    def since(self, start: datetime) -> AgentTraceQuerySet:
        return self.filter(start_time__gte=start)

    def of_session_keys(self, keys: Any) -> AgentTraceQuerySet:
        """Those of the sessions whose key is in a list or in a subquery of one column."""
        return self.filter(session_key__in=keys)

    def between(self, start: datetime, end: datetime) -> AgentTraceQuerySet:
        return self.filter(start_time__gte=start, start_time__lt=end)

    def figures(self) -> models.QuerySet[Any, Any]:
        """One row an agent. Errors and latency are known of `settled` runs only."""
        return (
            self.values("agent_id")
            .annotate(
                runs=Count("*"),
                settled=Count("is_error"),
                errors=Count("trace_id", filter=Q(is_error=True)),
                p50_ms=Percentile("duration_ms", 0.5),
                p95_ms=Percentile("duration_ms", 0.95),
                input_sum=Sum("input_tokens"),
                output_sum=Sum("output_tokens"),
                cost_sum=Sum("cost_usd"),
            )
            .order_by("-runs", "agent_id")
        )

    def runs_by_step(self, start: datetime, step: timedelta) -> models.QuerySet[Any, Any]:
        """Rows {agent_id, at, n}: runs in each step of time, counted from `start`."""
        begun = DateBin("start_time", start, step)
        return self.values("agent_id", at=begun).annotate(n=Count("*")).order_by()


class SessionQuerySet(models.QuerySet["Session"]):
    def of_project(self, project_id: int) -> SessionQuerySet:
        return self.filter(project_id=project_id)
