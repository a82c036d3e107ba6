"""Who is told of an incident: written in the transaction that opened or closed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alerts.delivery import enqueueing
from alerts.models import Alert, Cause, Delivery, Destination, Incident, Kind, SlackConnection
from teams.models import Membership
from teams.roles import Right


def owe(incident: Incident, now: datetime) -> int:
    """Write a row for each owner and admin of the team, for its channel of trouble, and for each
    channel of the alerts that sleep because of it; returns how many are new. An address is told
    once."""
    rows = [*_to_managers(incident, now), *_to_slack(incident, now)]
    told = {(row.kind, row.address) for row in rows}
    for row in _to_sleepers(incident, now):
        if row.kind == Kind.WEBHOOK or (row.kind, row.address) not in told:
            told.add((row.kind, row.address))
            rows.append(row)
    return enqueueing.insert(rows)


def asleep(incident: Incident) -> list[Alert]:
    """Return the alerts that are on and cannot fire while this lasts."""
    if incident.cause not in (Cause.SIGNAL_STOPPED, Cause.NO_LABELS):
        return []
    return list(
        Alert.objects.filter(signal=incident.signal_id, state=Alert.State.ON).order_by("pk")
    )


def _to_managers(incident: Incident, now: datetime) -> Iterator[Delivery]:
    managers = (
        Membership.objects.of_team(incident.team_id)
        .having(Right.MANAGE)
        .filter(user__is_active=True)
    )
    for user, address in managers.values_list("user", "user__email").order_by("user"):
        yield _row(incident, now, Kind.EMAIL, str(user), address, user_id=user)


def _to_slack(incident: Incident, now: datetime) -> Iterator[Delivery]:
    team = SlackConnection.objects.filter(team=incident.team_id, broken_reason="")
    connection = team.exclude(trouble_channel="").first()
    if connection:
        channel, name = connection.trouble_channel, connection.trouble_channel_name
        yield _row(incident, now, Kind.SLACK, channel, channel, address_name=name)


def _to_sleepers(incident: Incident, now: datetime) -> Iterator[Delivery]:
    alerts = asleep(incident)
    ids = [alert.pk for alert in alerts]
    destinations, readers = enqueueing.destinations(ids), enqueueing.readers_of(ids)
    for alert in alerts:
        for destination in destinations[alert.pk]:
            yield from _rows(incident, now, alert, destination, readers[alert.pk])


def _rows(
    incident: Incident,
    now: datetime,
    alert: Alert,
    destination: Destination,
    readers: list[tuple[int, str]],
) -> Iterator[Delivery]:
    if destination.kind == Kind.EMAIL:
        for user, address in readers:
            yield _row(incident, now, Kind.EMAIL, str(user), address, user_id=user)
        return
    name, to = destination.address_name, destination.address
    whom = to if destination.kind == Kind.SLACK else f"alert {alert.pk}"
    yield _row(incident, now, destination.kind, whom, to, address_name=name, alert_id=alert.pk)


def _row(
    incident: Incident, now: datetime, kind: str, whom: str, address: str, **more: object
) -> Delivery:
    """Make the row of one message. whom: what tells the addressees of one kind apart, short enough
    for the key."""
    is_end = incident.ended_at is not None
    what = "ended" if is_end else "began"
    return Delivery(
        project_id=incident.project_id,
        incident=incident,
        is_end=is_end,
        kind=kind,
        address=address,
        key=f"incident:{incident.pk}:{what}:{kind}:{whom}"[:120],
        created_at=now,
        available_at=now,
        **more,
    )
