"""Alerts on the pages of signals: how many, which fire, and when (signals_app/extensions.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.urls import reverse

from alerts.incidents import open_incidents
from alerts.models import Alert, Firing
from core.time_range.windows import Window
from core.ui import wording
from core.ui.charts import Mark
from signals_app import extensions
from signals_app.extensions import Note
from signals_app.models import Signal
from teams.models import Project

#: More lines would hide the chart that they stand on; the newest are kept.
MOST_MARKS = 30


class AlertExtension:
    def notes(self, project: Project, signals: Sequence[Signal]) -> dict[int, Note]:
        rows = Alert.objects.of_signals([signal.pk for signal in signals])
        alert_states = list(rows.values_list("signal", "state", "standing"))
        alerts = Counter(pk for pk, _state, _standing in alert_states)
        firing = Counter(pk for pk, state, standing in alert_states if _is_firing(state, standing))
        return {s.pk: _note(project, s, alerts[s.pk], firing[s.pk]) for s in signals}

    def marks(self, signal: Signal, window: Window) -> list[Mark]:
        firings = Firing.objects.of_project(signal.project_id).filter(
            alert__signal=signal, at__gte=window.start, at__lt=window.end
        )
        moments = firings.newest_first().values_list("at", flat=True)[:MOST_MARKS]
        return [Mark(at, "", tone="error") for at in moments]

    def silent(self, project: Project) -> set[int]:
        return open_incidents.silent_signals(project)


def _is_firing(state: str, standing: str) -> bool:
    return state == Alert.State.ON and standing == Alert.Standing.MET


def _note(project: Project, signal: Signal, alerts: int, firing: int) -> Note:
    text = f"{wording.number(alerts)} alert{'' if alerts == 1 else 's'}" if alerts else ""
    return Note(
        text=f"{text}, {wording.number(firing)} firing" if firing else text,
        url=f"{reverse('alerts', args=[project.slug])}?signal={signal.uuid}",
        is_urgent=firing > 0,
        add_url=f"{reverse('alert_new', args=[project.slug])}?signal={signal.uuid}",
        add_text="Add alert",
    )


extensions.register(AlertExtension())
