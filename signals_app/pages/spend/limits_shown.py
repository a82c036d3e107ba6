"""What a team uses of the operator's limits."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from signals_app.spending import judge_day
from teams import limits
from teams.limits import Use
from teams.models import Project
from traces.models import TeamDay

UNTIL_MIDNIGHT = "until midnight UTC"


def of_project(project: Project, now: datetime) -> list[Use]:
    """Return the limits that there are, with what the project's team uses of each."""
    team = project.team
    found = [limits.members_of(team), limits.projects_of(team)]
    if settings.TEAM_SPANS_PER_DAY:
        today = TeamDay.objects.filter(team_id=team.pk, day=now.astimezone(UTC).date()).first()
        note = f"what is over it is refused with 429 {UNTIL_MIDNIGHT}"
        spans = today.spans if today else 0
        found.insert(0, Use("Spans today", spans, int(settings.TEAM_SPANS_PER_DAY), note))
    if settings.TEAM_JUDGE_CALLS_PER_DAY:
        note = f"what is over it waits {UNTIL_MIDNIGHT}, and nothing fails"
        asked, most = judge_day.asked_today(team.pk, now), int(settings.TEAM_JUDGE_CALLS_PER_DAY)
        found.insert(0, Use("Targets judged today", asked, most, note))
    return [use for use in found if use.limit]
