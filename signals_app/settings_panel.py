"""Judges, and what is kept, on the settings pages of a project (teams/extensions.py)."""

from __future__ import annotations

from datetime import datetime

from signals_app.models import JudgeJob
from signals_app.queue.jobs import HELD_UNTIL
from teams import extensions
from teams.deletion import undoing
from teams.models import Project
from teams.roles import Right

extensions.register_settings_page("Judges", "judges", order=40)
extensions.register_settings_page("Spend", "spend", order=50)
extensions.register_settings_page("Data", "settings_data", needs=Right.MANAGE, order=60)


def judge_again(project: Project, now: datetime) -> None:
    """Go on with what was waiting when a project was deleted that is there again."""
    held = JudgeJob.objects.filter(project_id=project.pk, available_at=HELD_UNTIL)
    held.update(available_at=now)


undoing.register(judge_again)
