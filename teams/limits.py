"""What the operator of the installation allows each team; 0 in a setting allows any number."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError

from teams.models import Membership, Project, Team


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit a team uses. limit: 0 where there is none."""

    name: str
    used: int
    limit: int
    note: str = ""

    @property
    def is_full(self) -> bool:
        return bool(self.limit) and self.used >= self.limit


def check_room_for_member(team: Team) -> None:
    """Raise ValidationError, under user, where the team may have no more members."""
    use = members_of(team)
    if use.is_full:
        raise ValidationError({"user": [refusal(use.limit, "member")]})


def check_room_for_project(team: Team) -> None:
    """Raise ValidationError, under team, where the team may have no more projects."""
    use = projects_of(team)
    if use.is_full:
        raise ValidationError({"team": [refusal(use.limit, "project")]})


def members_of(team: Team) -> Use:
    """Count members against TEAM_MEMBERS_MAX."""
    used = Membership.objects.filter(team=team).count()
    return Use("Members", used, int(settings.TEAM_MEMBERS_MAX))


def projects_of(team: Team) -> Use:
    """Count projects against TEAM_PROJECTS_MAX."""
    used = Project.objects.filter(team=team).count()
    return Use("Projects", used, int(settings.TEAM_PROJECTS_MAX))


def refusal(limit: int, noun: str) -> str:
    """Say that a team has as many as it may."""
    many = f"{limit:,} {noun}{'' if limit == 1 else 's'}"
    return (
        f"A team of this installation has at most {many}, and this one has as many. Ask whoever "
        "runs it for more."
    )
