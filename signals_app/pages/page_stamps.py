"""Whether what a page shows of signals has changed: a few narrow queries instead of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.time_range.windows import Window
from core.ui.refreshing import stamp
from signals_app.labels import counts
from signals_app.models import Classification, Run, Signal
from signals_app.pages.runs.rows import FEW_LISTED
from signals_app.runs.progress import Progress

#: What is written of a signal itself where several are listed.
LISTED = ("pk", "name", "state", "live_version_id", "paused_reason")


def of_signals(
    signals: Iterable[Signal], project_id: int, window: Window, now: datetime, *more: object
) -> str:
    """Stamp a list of signals with their labels of the window, and what else stands there."""
    listed = [tuple(getattr(signal, name) for name in LISTED) for signal in signals]
    totals = counts.totals(project_id, [row[0] for row in listed], window)
    return stamp(now, listed, totals, more)


def of_signal(signal: Signal, window: Window, now: datetime) -> str:
    """Stamp a signal's own page: its labels, what waits, and its newest runs."""
    waiting = counts.waiting(signal.project_id, signal.pk)
    totals = counts.totals(signal.project_id, [signal.pk], window)
    runs = Run.objects.filter(project_id=signal.project_id, signal=signal).order_by("-pk")
    return stamp(
        now,
        [getattr(signal, name) for name in LISTED],
        totals,
        _newest(signal),
        waiting,
        list(runs.values_list("pk", "state", "matched", "queued")[:FEW_LISTED]),
    )


def of_run(progress: Progress, signal: Signal, now: datetime) -> str:
    """Stamp a run under way; "" once it has ended, when nothing changes any more."""
    if not progress.is_running:
        return ""
    run = progress.run
    return stamp(now, sorted(progress.counts.items()), run.matched, run.queued, signal.state)


def of_runs(listed: Sequence[Progress], now: datetime) -> str:
    """Stamp a list of runs; "" while none is under way."""
    running = [progress for progress in listed if progress.is_running]
    shown = [(each.run.pk, each.judged, each.run.matched, each.run.queued) for each in running]
    return stamp(now, shown) if shown else ""


def _newest(signal: Signal) -> tuple[int, datetime] | None:
    """Return the newest classification: a target judged again may change its bucket or its
    explanation, but not the totals."""
    rows = Classification.objects.filter(project_id=signal.project_id, signal_id=signal.pk)
    return rows.order_by("-counted_at", "-id").values_list("id", "counted_at").first()
