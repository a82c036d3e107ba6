"""Slack on the settings page of a project (teams/panels.py)."""

from __future__ import annotations

from alerts.channels import SlackConnection
from teams import panels
from teams.models import Project


def connection_of(project: Project) -> SlackConnection | None:
    return SlackConnection.objects.filter(team=project.team_id).first()


panels.register(panels.Panel("alerts/_slack_panel.html", connection_of))
