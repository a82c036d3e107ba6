"""Whom an alert can tell, as its form offers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.delivery import email, slack
from alerts.delivery.failures import Disconnected, Permanent, Retryable
from alerts.models import SlackConnection
from teams.models import Team


@dataclass(frozen=True, slots=True)
class Telling:
    """members: of the team, who would get an e-mail. no_mail: why nobody would, or "".
    workspace: of Slack, "" where it is not connected. channels: id and name; trouble: why there
    are none, in words."""

    members: int
    workspace: str
    channels: list[tuple[str, str]]
    trouble: str
    no_mail: str


def of_team(team: Team, chosen: tuple[str, str]) -> Telling:
    """chosen: the channel that is told already; it is offered even when Slack does not answer."""
    members = team.members.filter(is_active=True).count()
    no_mail = "" if email.is_configured() else email.NO_SERVER
    connection = SlackConnection.objects.filter(team=team).first()
    if connection is None:
        return Telling(members, "", [], "", no_mail)
    try:
        choices, trouble = dict(_channels(team)), ""
    except (Permanent, Retryable, Disconnected) as error:
        choices, trouble = {}, f"Slack's channels cannot be listed. {error}"
    if chosen[0]:
        choices.setdefault(*chosen)
    return Telling(members, connection.workspace, list(choices.items()), trouble, no_mail)


def slack_channels(team: Team) -> Mapping[str, str] | None:
    """Return Slack's channels by id; None where nobody could say, and none where Slack is not
    connected."""
    if not SlackConnection.objects.filter(team=team).exists():
        return {}
    try:
        return _channels(team)
    except (Permanent, Retryable, Disconnected):
        return None


def _channels(team: Team) -> dict[str, str]:
    return {channel.id: f"#{channel.name}" for channel in slack.channels(team.pk)}
