"""A team's Slack workspace: connected, and left again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.delivery.slack import Installed
from alerts.models import SlackConnection
from core import sealing
from teams import audit
from teams.models import Team, User


@transaction.atomic
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
    audit.record("slack.connected", **_about(connection))
    return connection


@transaction.atomic
def disconnect(team: Team) -> None:
    """Alerts keep their channels, whose messages fail until Slack is connected again."""
    for connection in SlackConnection.objects.filter(team=team).select_for_update():
        connection.delete()
        audit.record("slack.disconnected", **_about(connection))


@transaction.atomic
def tell_trouble_in(team: Team, channel: str, name: str) -> None:
    """Say incidents also in this channel; "" for e-mail alone."""
    for connection in SlackConnection.objects.filter(team=team).select_for_update():
        before = {"channel": connection.trouble_channel_name or connection.trouble_channel}
        connection.trouble_channel, connection.trouble_channel_name = channel, name
        connection.save(update_fields=["trouble_channel", "trouble_channel_name"])
        after = {"channel": name or channel}
        about = _about(connection)
        audit.record("slack.trouble_channel_changed", **about, before=before, after=after)


def _about(connection: SlackConnection) -> dict[str, Any]:
    return {
        "kind": "slack",
        "thing": connection.workspace,
        "thing_id": connection.workspace_id,
        "team": connection.team,
    }
