"""Whom an alert can tell, as its form shows it."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.channels import SlackConnection
from alerts.pages.forms import AlertForm
from teams.models import Team


@dataclass(frozen=True, slots=True)
class Telling:
    """members: of the team, who would get an e-mail. slack: the team's workspace, if any."""

    members: int
    slack: SlackConnection | None


def of_team(team: Team, form: AlertForm) -> Telling:
    members = team.members.filter(is_active=True).count()
    return Telling(members, SlackConnection.objects.filter(team=team).first())
