"""What judging came to and what it cost, by signal and day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from signals_app.labels import outcomes
from signals_app.models import Classification, Run, Signal, Source, TrialResult
from teams.models import Project
from traces.search.statement_timeout import TookTooLong, at_most

MOST_DAYS: Final = 400
TRIAL: Final = "trial"

#: What was skipped was not sent, but for what the judge itself could not tell.
_NOT_SENT = Q(outcome="skipped", reason_code="")
SUMS: Final[dict[str, Any]] = {
    "n": Count("*"),
    "asked": Count("outcome", filter=~_NOT_SENT),
    "priced": Count("cost_usd"),
    "tokens_in": Sum("input_tokens"),
    "tokens_out": Sum("output_tokens"),
    "cost": Sum("cost_usd"),
}


@dataclass(slots=True)
class DayOfSignal:
    """One signal on one day, from one source: "live", "run" or "trial".

    signal_id: None for trials of questions that were never saved. outcomes: how many targets by
    outcome, "cannot_tell" apart from the other skipped ones (outcomes.CHOICES). asked: targets
    that the judge was asked about, `priced` of them at a known price. Tokens are None where no
    answer tells them, money where none has a price.
    """

    signal_id: int | None
    day: date
    source: str
    outcomes: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    priced: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(slots=True)
class Total:
    """What several days come to; fields as in `DayOfSignal`."""

    outcomes: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    priced: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """The days on which something was judged, in order. took_too_long: they are not known, then,
    and not none."""

    days: list[DayOfSignal]
    took_too_long: bool = False


def usage(
    project: Project,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    signal_ids: Collection[int] | None = None,
) -> Usage:
    """Sum up what was judged from `start` to before `end`, by signal and day of a time zone.

    A target counts on the day on which the judge was done with it, also in a run, whose labels
    count at the times of their targets; one of a trial on the day on which the trial began.

    Counted are all answers that are kept: those without a label, and those of older versions or
    revisions, which cost as much. Not counted is what is kept no more: answers that a retry took
    back, trials that were pruned, signals that were deleted; nor calls that a killed worker lost,
    nor what HALO or others asked at the same endpoint. Tokens are those of all calls that a target
    took. signal_ids: None for all, trials of questions that were never saved among them.
    Raises ValidationError with messages by field: start, end.
    """
    if start >= end:
        raise ValidationError({"end": ["The end must come after the beginning."]})
    if end - start > timedelta(days=MOST_DAYS):
        raise ValidationError({"start": [f"At most {MOST_DAYS} days can be summed up at once."]})
    rows = _rows(project, start, end, signal_ids)
    days: dict[tuple[int | None, date, str], DayOfSignal] = {}
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            for source, moment, signal, some in rows:
                _add(days, source, _summed(some, moment, signal, zone))
    except TookTooLong:
        return Usage([], took_too_long=True)
    return Usage([days[key] for key in sorted(days, key=_in_order)])


def total(days: Iterable[DayOfSignal]) -> Total:
    """Return what these days come to together."""
    sums = Total()
    for day in days:
        for kind, n in day.outcomes.items():
            sums.outcomes[kind] = sums.outcomes.get(kind, 0) + n
        sums.asked += day.asked
        sums.priced += day.priced
        sums.input_tokens = _plus(sums.input_tokens, day.input_tokens)
        sums.output_tokens = _plus(sums.output_tokens, day.output_tokens)
        sums.cost_usd = _plus(sums.cost_usd, day.cost_usd)
    return sums


Rows = tuple[str, str, str, QuerySet[Any, Any]]


def _rows(
    project: Project, start: datetime, end: datetime, signal_ids: Collection[int] | None
) -> list[Rows]:
    """Return by source its column of time, its column of the signal, and its rows."""
    chosen = Signal.objects.filter(project=project)
    trials = TrialResult.objects.filter(
        trial__project=project, trial__created_at__gte=start, trial__created_at__lt=end
    ).exclude(outcome="")
    if signal_ids is not None:
        chosen = chosen.filter(pk__in=signal_ids)
        trials = trials.filter(trial__signal__in=signal_ids)
    pks = list(chosen.values_list("pk", flat=True))
    runs = Run.objects.filter(project=project, signal__in=pks, created_at__lt=end)
    runs = runs.filter(Q(finished_at=None) | Q(finished_at__gte=start))
    judged = Classification.objects.filter(project_id=project.pk, signal_id__in=pks)
    live = judged.filter(source=Source.LIVE, counted_at__gte=start, counted_at__lt=end)
    in_runs = judged.filter(
        run_id__in=list(runs.values_list("pk", flat=True)),
        created_at__gte=start,
        created_at__lt=end,
    )
    return [
        (str(Source.LIVE.value), "counted_at", "signal_id", live),
        (str(Source.RUN.value), "created_at", "signal_id", in_runs),
        (TRIAL, "trial__created_at", "trial__signal_id", trials),
    ]


def _summed(
    rows: QuerySet[Any, Any], moment: str, signal: str, zone: ZoneInfo
) -> Iterable[dict[str, Any]]:
    kinds = {"day": TruncDate(moment, tzinfo=zone), "of": F(signal)}
    summed: Iterable[dict[str, Any]] = (
        rows.order_by().values("outcome", "reason_code", **kinds).annotate(**SUMS)
    )
    return summed


def _add(
    days: dict[tuple[int | None, date, str], DayOfSignal],
    source: str,
    sums: Iterable[dict[str, Any]],
) -> None:
    for row in sums:
        key = row["of"], row["day"], source
        day = days.setdefault(key, DayOfSignal(*key))
        kind = outcomes.kind(row["outcome"], row["reason_code"])
        day.outcomes[kind] = day.outcomes.get(kind, 0) + row["n"]
        day.asked += row["asked"]
        day.priced += row["priced"]
        day.input_tokens = _plus(day.input_tokens, row["tokens_in"])
        day.output_tokens = _plus(day.output_tokens, row["tokens_out"])
        day.cost_usd = _plus(day.cost_usd, row["cost"])


def _plus(left: Any, right: Any) -> Any:
    """Add up, where None means unknown."""
    return left if right is None else right if left is None else left + right


def _in_order(key: tuple[int | None, date, str]) -> tuple[date, int, str]:
    signal_id, day, source = key
    return day, signal_id or 0, source
