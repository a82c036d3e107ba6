"""Whom an alert can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from alerts.delivery import email as email_sending
from alerts.delivery import slack
from alerts.delivery.failures import Disconnected, Permanent, Retryable
from alerts.editing import Told
from alerts.models import SlackConnection
from teams.models import Team
from teams.signin.addresses import confirmed_among

NOT_SEEN = "Choose a channel that the bot can see."


@dataclass(frozen=True, slots=True)
class Telling:
    """members: of the team, whose address is confirmed. no_mail: why nobody would, or "".
    workspace: of Slack, "" where it is not connected. channels: id and name; trouble: why there
    are none, in words."""

    members: int
    workspace: str
    channels: list[tuple[str, str]]
    trouble: str
    no_mail: str


def of_team(team: Team, chosen: tuple[str, str]) -> Telling:
    """chosen: the channel that is told already; it is offered even when Slack does not answer."""
    people = team.members.filter(is_active=True).values_list("pk", flat=True)
    members = len(confirmed_among(people))
    no_mail = "" if email_sending.is_configured() else email_sending.NO_SERVER
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


def told(
    team: Team, *, email: bool, slack_channel: str, webhook_url: str, before: Told | None = None
) -> Told:
    """Return whom an alert is to tell. before: whom it tells now; its channel stays good also while
    Slack does not answer.

    Raises ValidationError with messages for the field slack_channel.
    """
    known = {before.slack_channel: before.slack_name} if before else {}
    channels = slack_channels(team) if slack_channel and slack_channel not in known else {}
    if slack_channel and channels is not None and slack_channel not in {*known, *channels}:
        raise ValidationError({"slack_channel": [NOT_SEEN]})
    name = (known | dict(channels or {})).get(slack_channel, "")
    return Told(email, slack_channel, name, webhook_url)


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
