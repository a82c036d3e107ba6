"""What a project has spent, what is reserved, and what a day takes: the facts about a budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import F, Min, QuerySet, Sum

from signals_app.models import Budget, JudgeJob, JudgeSpend, Outcome, Run, Source
from signals_app.spending import rates
from signals_app.spending.rates import Factors
from signals_app.spending.regulation import Month

LATELY: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)
#: With less behind it a pace is a guess.
LEAST_KNOWN: Final = timedelta(hours=6)
#: A day that takes so much more than the mean of the week is the new pace, not an outlier.
SURGE: Final = 1.5


def spent_in(project_id: int, unit: str, month: Month) -> float:
    """Sum up what the month has taken so far: live, in runs and in trials."""
    rows = JudgeSpend.objects.filter(
        project_id=project_id, bucket__gte=month.start, bucket__lt=month.end
    )
    return _sum(rows, unit)


def reserved(project_id: int, unit: str, now: datetime) -> float:
    """Estimate what waits to be judged will take, and what runs have still to queue."""
    waiting = JudgeJob.objects.filter(project_id=project_id).order_by().count()
    running = Run.objects.filter(project=project_id, state=Run.State.RUNNING, queued_all=False)
    to_queue = running.filter(expected__gt=F("queued")).aggregate(
        n=Sum(F("expected") - F("queued"))
    )
    return (waiting + (to_queue["n"] or 0)) * a_target(project_id, unit, now)


def a_target(project_id: int, unit: str, now: datetime) -> float:
    """Return what judging one target has taken on average of the last 7 days; 0 if that is
    unknown."""
    if unit == Budget.Unit.LABELS:
        return 1.0
    rows = JudgeSpend.objects.filter(project_id=project_id, bucket__gte=now - LATELY)
    sums = rows.aggregate(cost=Sum("cost_usd"), n=Sum("priced"))
    return sums["cost"] / sums["n"] if sums["n"] else 0.0


def pace(project_id: int, unit: str, now: datetime) -> float | None:
    """Return what a day of live judging takes at full rates, by the last 7 days; None where less
    than a quarter of a day is known. Time in which a spent budget stopped it does not count."""
    rows = JudgeSpend.objects.filter(
        project_id=project_id, source=Source.LIVE, bucket__gte=now - LATELY, bucket__lt=now
    )
    first = rows.aggregate(at=Min("bucket"))["at"]
    if first is None or now - first < LEAST_KNOWN:
        return None
    factors = rates.factors_of([project_id], first)
    by_bucket = _by_bucket(rows, unit)
    week = _a_day(project_id, by_bucket, factors, first, now)
    today = _a_day(project_id, by_bucket, factors, max(first, now - DAY), now)
    if week is None or (today is not None and today > SURGE * week):
        return today
    return week


def _a_day(
    project_id: int,
    by_bucket: dict[datetime, float],
    factors: Factors,
    start: datetime,
    end: datetime,
) -> float | None:
    stopped = factors.stopped(project_id, start, end)
    known = end - start - sum((stop - begin for begin, stop in stopped), timedelta(0))
    if known < LEAST_KNOWN:
        return None
    total = 0.0
    for bucket, amount in by_bucket.items():
        factor = factors.at(project_id, bucket)
        if bucket >= start and factor:
            total += amount / factor
    return total / (known / DAY)


def _by_bucket(rows: QuerySet[JudgeSpend], unit: str) -> dict[datetime, float]:
    if unit == Budget.Unit.LABELS:
        rows = rows.filter(kind=Outcome.LABELLED)
    column = "n" if unit == Budget.Unit.LABELS else "cost_usd"
    return dict(rows.values_list("bucket").annotate(total=Sum(column)).order_by())


def _sum(rows: QuerySet[JudgeSpend], unit: str) -> float:
    if unit == Budget.Unit.LABELS:
        return float(rows.filter(kind=Outcome.LABELLED).aggregate(n=Sum("n"))["n"] or 0)
    return float(rows.aggregate(cost=Sum("cost_usd"))["cost"] or 0.0)


def last_days(project_id: int, unit: str, now: datetime) -> list[float]:
    """Return what each of the last 7 whole days (UTC) took, from the first one on that took
    anything; without runs and trials, which are no pace."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight - LATELY
    rows = JudgeSpend.objects.filter(
        project_id=project_id, source=Source.LIVE, bucket__gte=start, bucket__lt=midnight
    )
    days = [0.0] * 7
    for bucket, amount in _by_bucket(rows, unit).items():
        days[(bucket - start) // DAY] += amount
    first = next((place for place, amount in enumerate(days) if amount), len(days))
    return days[first:]
