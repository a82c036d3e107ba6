"""A channel that can only fail again is paused, and the team is told so by e-mail, once."""

from __future__ import annotations

import logging
from datetime import datetime

from alerts.delivery import enqueueing
from alerts.models import Delivery, Destination, Kind, SlackConnection
from core import log_lines
from teams.models import Membership

log = logging.getLogger(__name__)


def pause(delivery: Delivery, words: str, now: datetime) -> bool:
    """Pause the channel that the delivery went to; False where it is paused, or no longer
    wanted."""
    destination = destination_of(delivery)
    if destination is None or not _first(destination, words, now):
        return False
    facts: dict[str, object] = {
        "project": delivery.project_id,
        "alert": destination.alert_id,
        "channel": destination.pk,
    }
    facts |= {"kind": delivery.kind, "delivery": delivery.pk, "reason": words}
    log_lines.note(log, logging.WARNING, "channel paused", **facts)
    told = f"{destination} gets no more messages. {words}"
    _tell(delivery, f"destination:{destination.pk}", told, now)
    return True


def break_connection(delivery: Delivery, words: str, claimed_at: datetime, now: datetime) -> bool:
    """Mark the whole team's Slack as broken, unless it was connected anew while the old token was
    refused."""
    slack_connections = SlackConnection.objects.filter(
        team=delivery.project.team_id, broken_reason="", connected_at__lte=claimed_at
    )
    if not slack_connections.update(broken_reason=words):
        return False
    about = {"team": delivery.project.team_id, "delivery": delivery.pk, "reason": words}
    log_lines.note(log, logging.WARNING, "slack connection broken", **about)
    _tell(
        delivery, f"slack:{delivery.project.team_id}", f"Slack gets no more messages. {words}", now
    )
    return True


def destination_of(delivery: Delivery) -> Destination | None:
    """Return where a delivery goes; None for an overview's, for an incident's own channels, and for
    a channel that the alert has no more."""
    alert_id = delivery.firing.alert_id if delivery.firing else delivery.alert_id
    if alert_id is None:
        return None
    return Destination.objects.filter(
        alert=alert_id,
        kind=delivery.kind,
        address="" if delivery.kind == Kind.EMAIL else delivery.address,
    ).first()


def _first(destination: Destination, words: str, now: datetime) -> bool:
    """Let one of several messages that meet the dead channel at once pause it."""
    running = Destination.objects.filter(pk=destination.pk, paused_at=None)
    return bool(running.update(paused_at=now, paused_reason=words))


def _tell(delivery: Delivery, what: str, words: str, now: datetime) -> None:
    rows = [
        Delivery(
            project_id=delivery.project_id,
            firing_id=delivery.firing_id,
            overview_id=delivery.overview_id,
            incident_id=delivery.incident_id,
            kind=Kind.EMAIL,
            user_id=user,
            address=address,
            key=f"notice:{what}:{now.timestamp():.6f}:{user}",
            notice=words,
            created_at=now,
            available_at=now,
        )
        for user, address in _readers(delivery)
    ]
    enqueueing.insert(rows)


def _readers(delivery: Delivery) -> list[tuple[int, str]]:
    if delivery.firing is not None:
        return enqueueing.readers_of([delivery.firing.alert_id])[delivery.firing.alert_id]
    members = Membership.objects.of_team(delivery.project.team_id).filter(user__is_active=True)
    return list(members.values_list("user", "user__email"))
