"""What pages show of runs: progress with the words and colours that templates need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ui.tones import Segment
from signals_app.labels import outcomes
from signals_app.labels.breakdown import label_names, tone_of
from signals_app.models import Outcome, Run, Signal
from signals_app.runs import progress as run_progress
from signals_app.runs.progress import Progress

#: On the page that lists them; the newest.
MOST_LISTED = 50
#: On the signal's own page.
FEW_LISTED = 3


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, how far it is, and the breakdown of its labels."""

    run: Run
    progress: Progress
    segments: list[Segment]

    @property
    def left_ms(self) -> float | None:
        left_s = self.progress.left_s
        return None if left_s is None else left_s * 1000

    @property
    def took(self) -> timedelta | None:
        finished_at = self.run.finished_at
        return None if finished_at is None else finished_at - self.run.created_at

    @property
    def without_label(self) -> int:
        return sum(n for _name, n in self.unlabelled)

    @property
    def unlabelled(self) -> list[tuple[str, int]]:
        """Kinds of outcomes without a label, in words, and how many have each."""
        totals: Counter[str] = Counter()
        for (outcome, label), n in self.progress.counts.items():
            totals[outcomes.kind(outcome, label)] += n
        others = (Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED, outcomes.CANNOT_TELL)
        return [(outcomes.name(kind), totals[kind]) for kind in others if totals[kind]]


def newest(signal: Signal, most: int, now: datetime) -> list[RunRow]:
    runs = Run.objects.filter(project_id=signal.project_id, signal=signal)
    return rows_of(list(runs.select_related("version", "created_by").order_by("-pk")[:most]), now)


def rows_of(runs: Sequence[Run], now: datetime) -> list[RunRow]:
    return [
        RunRow(progress.run, progress, _segments(progress))
        for progress in run_progress.of_runs(runs, now)
    ]


def _segments(progress: Progress) -> list[Segment]:
    version = progress.run.version
    given = progress.counts.items()
    totals = {label: n for (outcome, label), n in given if outcome == Outcome.LABELLED}
    return [
        Segment(name, tone_of(version, name), totals.get(name, 0))
        for name in label_names(version, totals)
    ]
