"""What the page of an alert shows, as a stamp (core/ui/refreshing.py): three small queries."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max

from alerts.models import Alert, Delivery
from alerts.muting import mutes
from core.ui.refreshing import stamp
from teams.models import User


def of_alert(alert: Alert, user: User, now: datetime) -> str:
    """Firings and the states of their messages, channels, and what the last evaluation left."""
    fired = Delivery.objects.filter(firing__alert=alert).values_list("state").order_by("state")
    channels = alert.destinations.order_by("pk").values_list("pk", "paused_at")
    return stamp(
        now,
        (alert.updated_at, alert.state, alert.signal.state, alert.evaluated_at),
        (alert.standing, alert.standing_reason, alert.value, alert.baseline, alert.labels),
        alert.firings.aggregate(n=Count("pk"), last=Max("pk")),
        list(fired.annotate(n=Count("pk"))),
        list(channels),
        mutes.is_muted(alert, user),
    )
