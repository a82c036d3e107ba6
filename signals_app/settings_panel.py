"""The judge on the settings page of a project (teams/extensions.py)."""

from __future__ import annotations

from django.conf import settings

from signals_app.judging import judge_in_use
from signals_app.judging.offline import MODEL as OFFLINE
from signals_app.models import JudgeState
from teams import extensions
from teams.models import Project
from teams.roles import Right


def endpoints_of(_project: Project) -> list[JudgeState]:
    """Return what was learned of the judges in use, which all projects share; nothing for the
    offline one."""
    if judge_in_use.is_offline():
        return []
    rows = JudgeState.objects.filter(base_url=settings.JUDGE_BASE_URL)
    return list(rows.exclude(model=OFFLINE).order_by("model"))


extensions.register(extensions.Panel("signals_app/_judge_panel.html", endpoints_of))
extensions.register_settings_page("Data", "settings_data", needs=Right.MANAGE, order=60)
