"""What can be watched: the signals of a project, each with the condition that suggests itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.decision import advice
from alerts.models import Alert
from alerts.text import wording
from core.time_range.windows import Window
from signals_app.definition.versions import current_versions
from signals_app.labels import counts
from signals_app.models import Outcome, Signal
from teams.models import Project

LATELY = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Start:
    signal: Signal
    condition: str
    alerts: int  # that it has already


def starts(project: Project, now: datetime) -> list[Start]:
    """Active signals first; four queries."""
    signals = list(
        Signal.objects.filter(project=project)
        .exclude(state=Signal.State.ARCHIVED)
        .select_related("agent", "live_version")
        .order_by("name")
    )
    signals.sort(key=lambda signal: signal.state != Signal.State.ACTIVE)
    versions, per_day = current_versions(signals), labels_a_day(project, signals, now)
    watching = list(
        Alert.objects.of_signals([s.pk for s in signals]).values_list("signal", flat=True)
    )
    return [
        Start(
            signal,
            wording.headline(advice.default(versions[signal.pk], per_day[signal.pk])),
            watching.count(signal.pk),
        )
        for signal in signals
        if signal.pk in versions
    ]


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
