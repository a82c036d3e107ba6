"""The questions that pages ask about labels, each one query whatever the number of signals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    DateTimeField,
    F,
    Func,
    IntegerField,
    Max,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models import Count as Rows
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from core.time_range.windows import Window
from signals_app.labels import minutes, outcomes, weights
from signals_app.labels.breakdown import Count
from signals_app.labels.weights import Cover, Some
from signals_app.models import Classification, JudgeJob, LabelCount, Outcome, Scope
from traces.models import AgentTrace, Session
from traces.models.querysets import DateBin

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REASONS_SHOWN = 5


@dataclass(frozen=True)
class Reason:
    """Why targets have no label, in words, and how many have none for it. outcome: as in
    outcomes.CHOICES."""

    outcome: str
    text: str
    n: int


@dataclass(frozen=True)
class Waiting:
    """Targets of a signal that wait to be judged."""

    n: int
    last_error: str


def in_window(project_id: int, signal_ids: Sequence[int], window: Window) -> list[Count]:
    """Return counts by signal, bucket of the window, outcome and label: a whole table's at once."""
    source = _source(project_id, signal_ids, window)
    at = DateBin(source.moment, window.start, window.step)
    kinds = source.rows.values(
        *("signal_id", "outcome", "version_id", "source", "sample_rate"), at=at, kind=source.kind
    )
    alike: dict[tuple[int, datetime, str, str], list[Some]] = defaultdict(list)
    for row in kinds.annotate(total=source.total).order_by():
        some = Some(row["version_id"], row["source"], row["sample_rate"], row["total"])
        alike[row["signal_id"], row["at"], row["outcome"], row["kind"]].append(some)
    covers = _covers(project_id, signal_ids, window.start, window.end, alike.values())
    counted = []
    for (signal_id, bucket, outcome, kind), parts in alike.items():
        n = sum(each.n for each in parts)
        if n:
            weight = weights.weight(parts, bucket, bucket + window.step, covers)
            counted.append(Count(signal_id, bucket, outcome, kind, n, weight))
    return counted


def _covers(
    project_id: int,
    signal_ids: Sequence[int],
    start: datetime,
    end: datetime,
    alike: Iterable[list[Some]],
) -> list[Cover]:
    if any(weights.needs_covers(parts) for parts in alike):
        return weights.covers_of(project_id, signal_ids, start, end)
    return []


def totals(
    project_id: int, signal_ids: Sequence[int], window: Window
) -> list[tuple[int, str, str, int]]:
    """Return (signal, outcome, label, n) over the whole window, in a fixed order."""
    source = _source(project_id, signal_ids, window)
    kinds = source.rows.annotate(kind=source.kind).values_list("signal_id", "outcome", "kind")
    return list(kinds.annotate(total=source.total).order_by("signal_id", "outcome", "kind"))


def between_edges(
    project_id: int, signal_id: int, edges: Sequence[datetime]
) -> Iterator[tuple[int, str, str, int, float]]:
    """Yield (index of the stretch, outcome, label, n, weight) for the stretches between whole
    minutes in order, the first from edges[0] to edges[1]; weight as of `Count`."""
    step = HOUR if all(edge.minute == 0 for edge in edges) else MINUTE
    source = _source(project_id, [signal_id], Window(edges[0], edges[-1], step))
    places = Value(list(edges), output_field=ArrayField(DateTimeField()))
    at = Func(
        F(source.moment), places, function="width_bucket", output_field=IntegerField()
    )  # 1 is the first
    kinds = source.rows.annotate(at=at, kind=source.kind).values_list(
        *("at", "outcome", "kind", "version_id", "source", "sample_rate")
    )
    alike: dict[tuple[int, str, str], list[Some]] = defaultdict(list)
    found = kinds.annotate(total=source.total).order_by()
    for place, outcome, kind, version_id, origin, rate, n in found:
        alike[place - 1, outcome, kind].append(Some(version_id, origin, rate, n))
    covers = _covers(project_id, [signal_id], edges[0], edges[-1], alike.values())
    for (place, outcome, kind), parts in alike.items():
        weight = weights.weight(parts, edges[place], edges[place + 1], covers)
        yield place, outcome, kind, sum(each.n for each in parts), weight


@dataclass(frozen=True)
class _Source:
    """What counts are summed up from: the column of time, the label or reason, and the sum."""

    rows: QuerySet[Any]
    moment: str
    kind: Combinable
    total: Aggregate


def _source(project_id: int, signal_ids: Sequence[int], window: Window) -> _Source:
    """Return the rows of a window: counts, or labels where its minutes have no counts any more."""
    rows: QuerySet[Any]
    if window.step >= HOUR or minutes.are_kept(window.start):
        grain = LabelCount.Grain.HOUR if window.step >= HOUR else LabelCount.Grain.MINUTE
        rows = LabelCount.objects.filter(grain=grain)
        source = _Source(rows, "bucket", F("label"), Sum("n"))
    else:
        rows = Classification.objects.filter(is_current=True)
        kind = Coalesce("label", "reason_code", output_field=TextField())
        source = _Source(rows, "counted_at", kind, Rows("*"))
    inside = {f"{source.moment}__gte": window.start, f"{source.moment}__lt": window.end}
    return replace(
        source, rows=rows.filter(project_id=project_id, signal_id__in=signal_ids, **inside)
    )


def labels_by_version(project_id: int, signal_id: int) -> dict[int, int]:
    """Return by version how many labels it has given that count, live or in a run."""
    rows = LabelCount.objects.filter(
        project_id=project_id,
        signal_id=signal_id,
        grain=LabelCount.Grain.HOUR,
        outcome=Outcome.LABELLED,
    )
    return dict(rows.values_list("version_id").annotate(total=Sum("n")).order_by())


def reasons(project_id: int, signal_id: int, window: Window) -> list[Reason]:
    """Return the commonest reasons for which targets of the window have no label."""
    rows = Classification.objects.filter(project_id=project_id, signal_id=signal_id)
    return _reasons(rows.filter(counted_at__gte=window.start, counted_at__lt=window.end))


def reasons_of_run(project_id: int, run_id: int) -> list[Reason]:
    """Return the commonest reasons for which targets of a run have no label."""
    return _reasons(Classification.objects.filter(project_id=project_id, run_id=run_id))


def _reasons(classifications: QuerySet[Classification]) -> list[Reason]:
    # By the label, as the index on labels has it, not by `outcome`.
    rows = (
        classifications.filter(label__isnull=True, is_current=True)
        .values("outcome", "reason_code", why=outcomes.REASON)
        .annotate(total=Rows("*"))
        .order_by("-total", "why")[:REASONS_SHOWN]
    )
    return [
        Reason(outcomes.kind(row["outcome"], row["reason_code"]), row["why"], row["total"])
        for row in rows
    ]


def waiting(project_id: int, signal_id: int) -> Waiting:
    sums = JudgeJob.objects.filter(project_id=project_id, signal_id=signal_id).aggregate(
        n=Rows("*"), last_error=Max("last_error")
    )
    return Waiting(sums["n"], sums["last_error"] or "")


def targets_of_agent_a_day(
    project_id: int, agent_id: int, scope: str, now: datetime, days: int = 7
) -> float:
    """Return what `targets_a_day` does for one agent and scope: what a signal's page needs."""
    since = now - timedelta(days=days)
    if scope == Scope.SESSION:
        sessions = Session.objects.filter(project_id=project_id, agent_id=agent_id)
        return sessions.filter(start_time__gte=since).count() / days
    runs = AgentTrace.objects.filter(
        project_id=project_id, agent_id=agent_id, start_time__gte=since
    )
    if scope == Scope.TRACE:
        return runs.count() / days
    return (runs.aggregate(n=Sum("llm_count"))["n"] or 0) / days


def targets_a_day(
    project_id: int, agent_ids: Collection[int], now: datetime, days: int = 7
) -> dict[int, dict[str, float]]:
    """Return by agent how many targets of each scope a day brought, over the last `days`."""
    since = now - timedelta(days=days)
    runs = (
        AgentTrace.objects.filter(
            project_id=project_id, agent_id__in=agent_ids, start_time__gte=since
        )
        .values("agent_id")
        .annotate(traces=Rows("*"), spans=Coalesce(Sum("llm_count"), 0))
        .order_by()
    )
    sessions = (
        Session.objects.filter(project_id=project_id, agent_id__in=agent_ids, start_time__gte=since)
        .values_list("agent_id")
        .annotate(n=Rows("*"))
        .order_by()
    )
    per_day = {pk: {"span": 0.0, "trace": 0.0, "session": 0.0} for pk in agent_ids}
    for row in runs:
        per_day[row["agent_id"]] |= {"span": row["spans"] / days, "trace": row["traces"] / days}
    for agent_id, n in sessions:
        per_day[agent_id]["session"] = n / days
    return per_day
