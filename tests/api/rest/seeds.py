"""A project with a little of everything, for tests that ask for all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from signals_app.definition.versions import current_version
from signals_app.runs import runs
from signals_app.trials import trials
from teams.models import Project
from tests.alerts.watched import alert_of, firing_of
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, span_id_of, trace_id_of, turn
from traces.models import Agent, Session

DAY = timedelta(days=1)


def fill(project: Project) -> dict[str, Any]:
    """Make an agent with traffic, a signal with a label, a run and trials, and an alert that fired;
    return what paths call each of them."""
    now = timezone.now()
    for name in ("one", "two", "three"):
        arrive(project, *turn(name, at=now - timedelta(hours=1), session__id="chat"))
    agent = Agent.objects.get(project=project)
    signal = new_signal(agent)
    label(signal, "true", target=trace_id_of("one"))
    alert = alert_of(signal)
    firing_of(alert)
    version = trials.of_version(signal, current_version(signal))
    trial = trials.start(version, now - DAY, now, 3, None, now)
    comparison = trials.again(trial, version, None, now)
    return {
        "agent": agent.uuid,
        "signal": signal.uuid,
        "alert": alert.uuid,
        "run": runs.start(signal, now - DAY, now, 1.0, None, now).uuid,
        "trial": trial.uuid,
        "comparison": comparison.uuid,
        "number": 1,
        "before": 1,
        "after": 1,
        "position": 0,
        "trace_id": trace_id_of("one").hex,
        "span_id": span_id_of("one", "root").hex(),
        "session": Session.objects.of_project(project.pk).values_list("key", flat=True)[0].hex,
    }
