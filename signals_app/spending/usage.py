"""What judging came to and what it cost, by signal and day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate

from signals_app.models import JudgeSpend, Outcome, Signal
from signals_app.spending import ledger
from teams.models import Project
from traces.search.statement_timeout import TookTooLong, at_most

MOST_DAYS: Final = 400
TRIAL: Final = ledger.TRIAL

SUMS: Final[dict[str, Any]] = {
    name: Sum(name)
    for name in (
        *("n", "priced", "told", "told_cached", "input_tokens", "cached_tokens"),
        *("output_tokens", "cost_usd"),
    )
}


@dataclass(slots=True)
class DayOfSignal:
    """One signal on one day, from one source: "live", "run" or "trial".

    signal_id: None for trials of questions that were never saved. outcomes: how many targets by
    outcome, "cannot_tell" apart from the other skipped ones (outcomes.CHOICES). asked: targets
    that the judge was asked about, `priced` of them at a known price. Tokens are None where no
    answer tells them, money where none has a price; cached tokens are part of the input.
    """

    signal_id: int | None
    day: date
    source: str
    outcomes: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    priced: int = 0
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(slots=True)
class Total:
    """What several days come to; fields as in `DayOfSignal`."""

    outcomes: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    priced: int = 0
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None

    @property
    def labels(self) -> int:
        return self.outcomes.get(str(Outcome.LABELLED.value), 0)


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
    zone: tzinfo,
    signal_ids: Collection[int] | None = None,
) -> Usage:
    """Sum up what was judged from `start` to before `end`, by signal and day of a time zone.

    A target counts on the day on which the judge was done with it, also in a run, whose labels
    count at the times of their targets. start, end: beginnings of quarters of an hour, as every
    zone's midnights are; others count as the next one.

    Counted are all answers: those without a label, of older versions or revisions, and those that
    were taken back or are kept no longer, which cost as much. Not counted is what a killed worker
    lost, nor what HALO or others asked at the same endpoint. Tokens are those of all calls that a
    target took. signal_ids: None for all, trials of questions that were never saved among them.
    Raises ValidationError with messages by field: start, end.
    """
    if start >= end:
        raise ValidationError({"end": ["The end must come after the beginning."]})
    if end - start > timedelta(days=MOST_DAYS):
        raise ValidationError({"start": [f"At most {MOST_DAYS} days can be summed up at once."]})
    days: dict[tuple[int | None, date, str], DayOfSignal] = {}
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            for row in _rows(project, start, end, zone, signal_ids):
                _add(days, row)
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
        sums.cached_tokens = _plus(sums.cached_tokens, day.cached_tokens)
        sums.output_tokens = _plus(sums.output_tokens, day.output_tokens)
        sums.cost_usd = _plus(sums.cost_usd, day.cost_usd)
    return sums


def _rows(
    project: Project,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    signal_ids: Collection[int] | None,
) -> QuerySet[Any, Any]:
    rows = JudgeSpend.objects.filter(project_id=project.pk, bucket__gte=start, bucket__lt=end)
    if signal_ids is not None:
        own = Signal.objects.filter(project=project, pk__in=signal_ids)
        rows = rows.filter(signal_id__in=list(own.values_list("pk", flat=True)))
    kinds = rows.values("signal_id", "source", "kind", day=TruncDate("bucket", tzinfo=zone))
    return kinds.annotate(**{f"sum_{name}": each for name, each in SUMS.items()}).order_by()


def _add(days: dict[tuple[int | None, date, str], DayOfSignal], row: dict[str, Any]) -> None:
    key = row["signal_id"] or None, row["day"], row["source"]
    day = days.setdefault(key, DayOfSignal(*key))
    day.outcomes[row["kind"]] = day.outcomes.get(row["kind"], 0) + row["sum_n"]
    if row["kind"] != Outcome.SKIPPED:  # which was not sent, but for what the judge cannot tell
        day.asked += row["sum_n"]
    day.priced += row["sum_priced"]
    if row["sum_told"]:
        day.input_tokens = _plus(day.input_tokens, row["sum_input_tokens"])
        day.output_tokens = _plus(day.output_tokens, row["sum_output_tokens"])
    if row["sum_told_cached"]:
        day.cached_tokens = _plus(day.cached_tokens, row["sum_cached_tokens"])
    if row["sum_priced"]:
        day.cost_usd = _plus(day.cost_usd, row["sum_cost_usd"])


def _plus(left: Any, right: Any) -> Any:
    """Add up, where None means unknown."""
    return left if right is None else right if left is None else left + right


def _in_order(key: tuple[int | None, date, str]) -> tuple[date, int, str]:
    signal_id, day, source = key
    return day, signal_id or 0, source
