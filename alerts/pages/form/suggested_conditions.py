"""What can be watched: the signals of a project, each with the condition that suggests itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.decision import advice
from alerts.evaluation import label_rates
from alerts.models import Alert
from alerts.text import wording
from signals_app.definition.versions import current_versions
from signals_app.models import Signal
from teams.models import Project


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
    versions, per_day = current_versions(signals), label_rates.labels_a_day(project, signals, now)
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
