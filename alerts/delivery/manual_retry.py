"""What a person does about a message that failed, or a channel that was paused."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alerts import auditing
from alerts.delivery.enqueueing import DELIVER
from alerts.models import Delivery, Destination
from core.background.queue import enqueue
from teams import audit


@transaction.atomic
def retry(delivery: Delivery, now: datetime) -> bool:
    """Once more from the first attempt; False unless it had failed."""
    failed = Delivery.objects.failed().filter(pk=delivery.pk)
    changed = failed.update(
        state=Delivery.State.WAITING,
        attempts=0,
        available_at=now,
        retried_at=now,
        finished_at=None,
    )
    if changed:
        enqueue(DELIVER)
        audit.record(
            "delivery.retried",
            kind="delivery",
            thing=str(delivery),
            thing_id=delivery.pk,
            project=delivery.project_id,
        )
    return bool(changed)


@transaction.atomic
def resume(destination: Destination, now: datetime) -> bool:
    """Takes the pause back, and tries the newest message that failed there; False unless paused.
    A channel that is still dead pauses again."""
    paused = Destination.objects.filter(pk=destination.pk, paused_at__isnull=False)
    if not paused.update(paused_at=None, paused_reason=""):
        return False
    channel = auditing.channel_of(destination)
    alert = auditing.about(destination.alert)
    audit.record("alert.channel_resumed", **alert, after={"channel": channel})
    sent_there = Delivery.objects.failed().to_channel(
        destination.alert_id, destination.kind, destination.address
    )
    if newest := sent_there.order_by("-created_at", "-pk").first():
        retry(newest, now)
    return True
