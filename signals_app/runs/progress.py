"""How far runs are: how many of their targets are judged, what came of them, how quickly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet, TextField
from django.db.models.functions import Coalesce

from signals_app.models import Classification, JudgeJob, Outcome, Run

#: The stretch over which the speed of a run is taken: long enough for a slow judge.
SPEED_WINDOW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Progress:
    """One run. counts: judged targets by outcome and label (where there is none, the reason's
    code or "").

    recent, recent_s: how many were judged of late, and in how many seconds.
    """

    run: Run
    counts: dict[tuple[str, str], int]
    recent: int
    recent_s: float

    @property
    def judged(self) -> int:
        return sum(self.counts.values())

    @property
    def labelled(self) -> int:
        return self.of(Outcome.LABELLED)

    @property
    def retryable(self) -> int:
        return self.of(Outcome.FAILED) + self.of(Outcome.REFUSED)

    def of(self, outcome: str) -> int:
        return sum(n for (kind, _label), n in self.counts.items() if kind == outcome)

    @property
    def total(self) -> int:
        """To be judged in all: what is queued once that is known, before it what was expected."""
        known = self.run.queued
        return max(known if self.run.queued_all else max(known, self.run.expected), self.judged)

    @property
    def is_running(self) -> bool:
        return self.run.state == Run.State.RUNNING

    @property
    def share(self) -> float:
        """In [0, 1]; a run that found nothing to judge is all done."""
        if not self.total:
            return 0.0 if self.is_running and not self.run.queued_all else 1.0
        return self.judged / self.total

    @property
    def per_minute(self) -> float | None:
        """Judged a minute of late, or over the whole run once it has ended; None: not known."""
        if not self.recent or self.recent_s <= 0:
            return None
        return self.recent * 60 / self.recent_s

    @property
    def left_s(self) -> float | None:
        """Seconds until the end at this speed; None while nothing moves, or when it is over."""
        speed = self.per_minute
        if not self.is_running or not speed:
            return None
        return (self.total - self.judged) / speed * 60


def of_runs(runs: Sequence[Run], now: datetime) -> list[Progress]:
    """Return how far each run is; two queries for any number of runs of one project."""
    if not runs:
        return []
    counts, recent = _counts(runs), _recent(runs, now)
    return [_progress(run, counts[run.pk], recent.get(run.pk), now) for run in runs]


def waiting(run: Run) -> int:
    """Targets in the queue, those included that are being judged."""
    rows = JudgeJob.objects.filter(
        project_id=run.project_id, signal_id=run.signal_id, run_id=run.pk
    )
    return rows.count()


def _progress(
    run: Run,
    counts: dict[tuple[str, str], int],
    recent: tuple[int, datetime] | None,
    now: datetime,
) -> Progress:
    if run.finished_at is not None:
        took_s = (run.finished_at - run.created_at).total_seconds()
        return Progress(run, counts, sum(counts.values()), took_s)
    judged, first = recent or (0, now)
    # Its first moments, and those after a restart, are not measured against the whole stretch.
    since = max(now - SPEED_WINDOW, run.created_at, first)
    return Progress(run, counts, judged, max((now - since).total_seconds(), 1.0))


def _counts(runs: Sequence[Run]) -> dict[int, dict[tuple[str, str], int]]:
    by_run: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = _of(runs).annotate(said=Coalesce("label", "reason_code", output_field=TextField()))
    kinds = rows.values_list("run_id", "outcome", "said").annotate(n=Count("*")).order_by()
    for run_id, outcome, said, n in kinds:
        by_run[run_id or 0][outcome, said] = n
    return by_run


def _recent(runs: Sequence[Run], now: datetime) -> dict[int, tuple[int, datetime]]:
    rows = _of([run for run in runs if run.finished_at is None])
    rows = rows.filter(created_at__gt=now - SPEED_WINDOW)
    totals = rows.values_list("run_id").annotate(n=Count("*"), first=Min("created_at")).order_by()
    return {run_id or 0: (n, first) for run_id, n, first in totals}


def _of(runs: Sequence[Run]) -> QuerySet[Classification]:
    return Classification.objects.filter(
        project_id__in={run.project_id for run in runs}, run_id__in=[run.pk for run in runs]
    )
