"""Whether a project has traffic at all: while it has none, its pages look for it by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.ui.refreshing import stamp
from teams.models import Project
from traces.models import Trace


def traffic(project: Project, agents: Sequence[object], now: datetime) -> dict[str, Any]:
    """Return the context of a page: whether there is traffic, and its stamp while there is none."""
    has = has_traffic(project, agents)
    return {"has_traffic": has, "stamp": "" if has else stamp(now, "no traffic")}


def has_traffic(project: Project, agents: Sequence[object]) -> bool:
    """Say whether anything has come in: a trace's agent may be known only once it has settled."""
    return bool(agents) or Trace.objects.of_project(project.pk).exists()
