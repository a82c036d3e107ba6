"""What the audit log says of an alert, its rule and its channels."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from alerts.models import Alert, Destination, Kind

#: The fields of an alert that make its condition.
CONDITION = (
    "metric",
    "label",
    "comparison",
    "operator",
    "threshold",
    "window",
    "min_labels",
    "cooldown_min",
    "guard",
)


def about(alert: Alert) -> dict[str, Any]:
    """Return which alert an entry is about, for `teams.audit.record`."""
    return {
        "kind": "alert",
        "thing": alert.name,
        "thing_id": alert.uuid,
        "project": alert.project_id,
    }


def rule_of(alert: Alert) -> dict[str, Any]:
    """Return what an alert says, and whom it tells."""
    told = {one.kind: channel_of(one) for one in Destination.objects.filter(alert=alert)}
    rule = {name: getattr(alert, name) for name in CONDITION}
    return {"name": alert.name} | rule | {"tells": told}


def channel_of(destination: Destination) -> str:
    """Name a channel. A webhook's address may itself be a secret: its host is told, and a mark
    that is another one for another address."""
    if destination.kind == Kind.EMAIL:
        return "the team"
    if destination.kind == Kind.SLACK:
        return destination.address_name or destination.address
    mark = hashlib.sha256(destination.address.encode()).hexdigest()[:6]
    return f"{urlsplit(destination.address).hostname} ({mark})"
