"""The judge on the settings page of a project (teams/panels.py)."""

from __future__ import annotations

from django.conf import settings

from signals_app.judging import judges
from signals_app.judging.offline import MODEL as OFFLINE
from signals_app.models import JudgeEndpoint
from teams import panels
from teams.models import Project


def endpoints_of(_project: Project) -> list[JudgeEndpoint]:
    """What was learned of the judges in use; all projects share them. Empty for the offline one."""
    if judges.is_offline():
        return []
    rows = JudgeEndpoint.objects.filter(base_url=settings.JUDGE_BASE_URL)
    return list(rows.exclude(model=OFFLINE).order_by("model"))


panels.register(panels.Panel("signals_app/_judge_panel.html", endpoints_of))
