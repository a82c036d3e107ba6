"""Slack and the daily overview on the settings page of a project (teams/panels.py)."""

from __future__ import annotations

from alerts.channels import SlackConnection
from alerts.overviews import OverviewSubscription
from teams import panels
from teams.models import Project


def connection_of(project: Project) -> SlackConnection | None:
    return SlackConnection.objects.filter(team=project.team_id).first()


def readers_of(project: Project) -> int:
    """How many members get the overview."""
    return OverviewSubscription.objects.wanted().filter(project=project).count()


panels.register(panels.Panel("alerts/_slack_panel.html", connection_of))
panels.register(panels.Panel("alerts/overview/_settings_panel.html", readers_of))
