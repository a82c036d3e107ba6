"""Whom an alert tells, and what is wrong with a channel, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.delivery import email
from alerts.models import Alert, Destination, Kind, SlackConnection


@dataclass(frozen=True, slots=True)
class Channel:
    """title: "E-mail"; to: whom, in words; trouble: why nothing is sent there, or ""."""

    kind: str
    title: str
    to: str
    trouble: str
    is_paused: bool


def of(alert: Alert) -> list[Channel]:
    """Return the channels in the order in which the form names them."""
    by_kind = {destination.kind: destination for destination in alert.destinations.all()}
    return [_channel(alert, by_kind[kind]) for kind in Kind if kind in by_kind]


def _channel(alert: Alert, destination: Destination) -> Channel:
    return Channel(
        kind=destination.kind,
        title=destination.get_kind_display(),
        to=_to(alert, destination),
        trouble=destination.paused_reason
        if destination.paused_at
        else _trouble(alert, destination),
        is_paused=destination.paused_at is not None,
    )


def _to(alert: Alert, destination: Destination) -> str:
    if destination.kind != Kind.EMAIL:
        return destination.shown_address
    members = alert.project.team.members.filter(is_active=True).count()
    muted = alert.mutes.filter(user__teams=alert.project.team_id).count()
    less = f", {muted} of them muted it" if muted else ""
    return f"{members} member{'' if members == 1 else 's'} of the team{less}"


def _trouble(alert: Alert, destination: Destination) -> str:
    """Say what is wrong with the whole workspace, or the whole server."""
    if destination.kind == Kind.EMAIL:
        return "" if email.is_configured() else email.NO_SERVER
    if destination.kind != Kind.SLACK:
        return ""
    slack = SlackConnection.objects.filter(team=alert.project.team_id).first()
    return slack.broken_reason if slack else "Slack is not connected any more."
