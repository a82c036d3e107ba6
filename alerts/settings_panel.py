"""Slack and the daily overview on the settings page of a project (teams/extensions.py)."""

from __future__ import annotations

from datetime import datetime

from alerts.models import AlertMute, OverviewSubscription
from alerts.overview import subscribing
from teams import extensions
from teams.models import Project, Team, User
from teams.people import departures


def readers_of(project: Project) -> int:
    """Count the members that get the overview."""
    return OverviewSubscription.objects.wanted().filter(project=project).count()


extensions.register_settings_page("Slack", "slack", order=70)
extensions.register(extensions.Panel("alerts/overview/_settings_panel.html", readers_of))


def end_messages_to(user: User, team: Team, now: datetime) -> None:
    """Turn the overviews of a person who has left off, and forget what they muted."""
    mine = OverviewSubscription.objects.filter(user=user, project__team=team, is_on=True)
    for subscription in mine:
        subscribing.stop(subscription, now)
    AlertMute.objects.filter(user=user, alert__project__team=team).delete()


departures.register(end_messages_to)
