"""Slack and the daily overview on the settings page of a project (teams/extensions.py)."""

from __future__ import annotations

from alerts.models import OverviewSubscription, SlackConnection
from teams import extensions
from teams.models import Project


def connection_of(project: Project) -> SlackConnection | None:
    return SlackConnection.objects.filter(team=project.team_id).first()


def readers_of(project: Project) -> int:
    """Count the members that get the overview."""
    return OverviewSubscription.objects.wanted().filter(project=project).count()


extensions.register(extensions.Panel("alerts/_slack_panel.html", connection_of))
extensions.register(extensions.Panel("alerts/overview/_settings_panel.html", readers_of))
