"""Slack and the daily overview on the settings page of a project (teams/extensions.py)."""

from __future__ import annotations

from alerts.models import OverviewSubscription
from teams import extensions
from teams.models import Project


def readers_of(project: Project) -> int:
    """Count the members that get the overview."""
    return OverviewSubscription.objects.wanted().filter(project=project).count()


extensions.register_settings_page("Slack", "slack", order=70)
extensions.register(extensions.Panel("alerts/overview/_settings_panel.html", readers_of))
