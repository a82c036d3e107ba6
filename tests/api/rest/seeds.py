"""A project with a little of everything, for tests that ask for all of it."""

from __future__ import annotations

from django.utils import timezone

from teams.models import Project
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import arrive, turn


def fill(project: Project) -> None:
    """Make an agent, its traffic, and a signal."""
    agent = new_agent(project)
    new_signal(agent)
    for name in ("one", "two", "three"):
        arrive(project, *turn(name, at=timezone.now()))
