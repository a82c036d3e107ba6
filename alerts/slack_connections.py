"""A team's Slack workspace: connected, and left again."""

from __future__ import annotations

from datetime import datetime

from alerts.delivery.slack import Installed
from alerts.models import SlackConnection
from core import sealing
from teams.models import Team, User


def connect(team: Team, installed: Installed, user: User, now: datetime) -> SlackConnection:
    """Connect a workspace in the place of the one before, if there was one; another one has other
    channels."""
    other = SlackConnection.objects.filter(team=team).exclude(workspace_id=installed.workspace_id)
    other.update(trouble_channel="", trouble_channel_name="")
    connection, _made = SlackConnection.objects.update_or_create(
        team=team,
        defaults={
            "workspace_id": installed.workspace_id[:40],
            "workspace": installed.workspace[:200],
            "token_sealed": sealing.seal(installed.token),
            "broken_reason": "",
            "connected_by": user,
            "connected_at": now,
        },
    )
    return connection


def disconnect(team: Team) -> None:
    """Alerts keep their channels, whose messages fail until Slack is connected again."""
    SlackConnection.objects.filter(team=team).delete()


def tell_trouble_in(team: Team, channel: str, name: str) -> None:
    """Say incidents also in this channel; "" for e-mail alone."""
    SlackConnection.objects.filter(team=team).update(
        trouble_channel=channel, trouble_channel_name=name
    )
