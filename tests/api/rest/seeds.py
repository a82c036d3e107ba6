"""A project with a little of everything, for tests that ask for all of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from teams.models import Project
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import arrive, trace_id_of, turn


def fill(project: Project) -> dict[str, Any]:
    """Make an agent, its traffic, and a signal; return what paths call each of them."""
    agent = new_agent(project)
    signal = new_signal(agent)
    for name in ("one", "two", "three"):
        arrive(project, *turn(name, at=timezone.now()))
    return {"agent": agent.uuid, "signal": signal.uuid, "trace_id": trace_id_of("one").hex}
