"""How many labels signals give: what a window can be expected to hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.time_range.windows import Window
from signals_app.labels import counts
from signals_app.models import Outcome, Signal
from teams.models import Project

LATELY = timedelta(days=7)
DAY = timedelta(days=1)


def labels_a_day(project: Project, signals: Sequence[Signal], now: datetime) -> dict[int, float]:
    """Return by signal how many labels a day brought, on average of the last 7 or since it
    judges."""
    window = Window.last(LATELY, now)
    given = dict.fromkeys([signal.pk for signal in signals], 0)
    for count in counts.in_window(project.pk, list(given), window):
        given[count.signal_id] += count.n if count.outcome == Outcome.LABELLED else 0
    return {signal.pk: given[signal.pk] / _days(signal, now) for signal in signals}


def _days(signal: Signal, now: datetime) -> float:
    began = signal.activated_at or signal.created_at
    return min(max((now - began) / DAY, 1.0), LATELY / DAY)
