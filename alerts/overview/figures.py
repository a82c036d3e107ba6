"""What the database knows of a project's day: a few queries, whatever the number of signals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from alerts.models import Firing
from alerts.overview.due_times import Day
from alerts.overview.report import Counted, Known, Report, Spend, report
from signals_app.definition.versions import current_versions
from signals_app.models import (
    Classification,
    LabelCount,
    Run,
    Signal,
    SignalVersion,
    Source,
    TrialResult,
)
from teams.models import Project
from traces.models.querysets import DateBin

HOUR = timedelta(hours=1)


def of_day(project: Project, day: Day) -> Report:
    signals = {s.pk: s for s in Signal.objects.filter(project=project).select_related("agent")}
    counts = _counts(project.pk, list(signals), day)
    firings = _firings(project.pk, day)
    spend = _spend(project.pk, list(signals), day)
    told = {count.signal_id for count in counts} | set(firings) | set(spend)
    shown = [s for s in signals.values() if s.state == Signal.State.ACTIVE or s.pk in told]
    versions = _versions(shown, {count.version_id for count in counts})
    current = current_versions(shown)
    return report(
        day,
        Known(
            shown=[(signal, current[signal.pk]) for signal in shown if signal.pk in current],
            versions=versions,
            counts=counts,
            firings=firings,
            spend=spend,
            other_spend=_spend_of_trials(project.pk, day),
        ),
    )


def _counts(project_id: int, signal_ids: Sequence[int], day: Day) -> list[Counted]:
    """Count both days, by hours that begin with the day's local midnight."""
    moments = (day.before, day.start, day.end)
    are_hours = all(not (m.minute or m.second) for m in moments)
    rows = (
        LabelCount.objects.filter(
            project_id=project_id,
            signal_id__in=signal_ids,
            # A day of Kathmandu begins at a quarter past: only minutes can be cut there.
            grain=LabelCount.Grain.HOUR if are_hours else LabelCount.Grain.MINUTE,
            bucket__gte=day.before,
            bucket__lt=day.end,
            source=Source.LIVE,
        )
        .values(
            *("signal_id", "version_id", "outcome", "label", "sample_rate"),
            at=DateBin("bucket", day.start, HOUR),
        )
        .annotate(total=Sum("n"))
        .order_by()
    )
    return [
        Counted(
            row["signal_id"],
            row["version_id"],
            row["outcome"],
            row["label"],
            row["at"],
            row["total"],
            row["sample_rate"],
        )
        for row in rows
        if row["total"]
    ]


def _versions(shown: Iterable[Signal], counted: set[int]) -> dict[int, SignalVersion]:
    """Read the versions of the counts; with the live ones, which `current_versions` then need not
    ask for."""
    live = {signal.pk: signal.live_version_id for signal in shown}
    wanted = counted | {pk for pk in live.values() if pk is not None}
    versions = SignalVersion.objects.in_bulk(wanted)
    for signal in shown:
        if signal.live_version_id in versions:
            signal.live_version = versions[signal.live_version_id]
    return versions


def _firings(project_id: int, day: Day) -> dict[int, int]:
    firings = Firing.objects.of_project(project_id).filter(at__gte=day.start, at__lt=day.end)
    return dict(firings.values_list("alert__signal_id").annotate(n=Count("pk")).order_by())


def _spend(project_id: int, signal_ids: Sequence[int], day: Day) -> dict[int, Spend]:
    """Sum up by signal, live and in manual runs, by when the judge was asked: a run counts its
    labels at the times of their targets, but costs when it is made."""
    rows = Classification.objects.filter(project_id=project_id)
    live = rows.filter(
        signal_id__in=signal_ids,
        source=Source.LIVE,
        counted_at__gte=day.start,
        counted_at__lt=day.end,
    )
    by_signal = _spend_by_signal(live)
    runs = Run.objects.filter(project=project_id, created_at__lt=day.end).filter(
        Q(finished_at=None) | Q(finished_at__gte=day.start)
    )
    if run_ids := list(runs.values_list("pk", flat=True)):
        made = rows.filter(run_id__in=run_ids, created_at__gte=day.start, created_at__lt=day.end)
        for pk, spend in _spend_by_signal(made).items():
            by_signal[pk] = by_signal.get(pk, Spend()) + spend
    return by_signal


SUMS: dict[str, Any] = {
    # What was skipped was not sent, but for what the judge itself could not tell.
    "calls": Count("attempts", filter=~Q(outcome="skipped", reason_code="")),
    "priced": Count("cost_usd"),
    "cost": Sum("cost_usd"),
    "tokens_in": Sum("input_tokens"),
    "tokens_out": Sum("output_tokens"),
}


def _spend_by_signal(rows: Any) -> dict[int, Spend]:
    sums = rows.values("signal_id").annotate(**SUMS).order_by()
    return {row["signal_id"]: _spend_of(row) for row in sums}


def _spend_of_trials(project_id: int, day: Day) -> Spend:
    """Sum up the trials that began on the day."""
    results = TrialResult.objects.filter(
        trial__project=project_id,
        trial__created_at__gte=day.start,
        trial__created_at__lt=day.end,
    ).exclude(outcome__in=["", "skipped"], reason_code="")
    return _spend_of(results.aggregate(**(SUMS | {"calls": Count("pk")})))


def _spend_of(row: dict[str, Any]) -> Spend:
    return Spend(
        calls=row["calls"],
        priced=row["priced"],
        cost_usd=row["cost"] or 0.0,
        input_tokens=row["tokens_in"] or 0,
        output_tokens=row["tokens_out"] or 0,
    )
