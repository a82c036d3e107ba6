"""Who sends which message: claimed with a lease, which every later word about it must name.

A claim counts an attempt and commits at once, so that a death in the middle is one too.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from alerts.models import Delivery
from core import log_lines
from core.background import holders

log = logging.getLogger(__name__)

State = Delivery.State


def claim(most: int, now: datetime) -> list[Delivery]:
    """Up to `most` of those that are due, oldest first, with what describing them reads."""
    token = holders.new_token()
    with transaction.atomic():
        due = Delivery.objects.due(now).select_for_update(skip_locked=True)
        chosen = list(due.values_list("pk", flat=True)[:most])
        Delivery.objects.filter(pk__in=chosen).update(
            state=State.SENDING,
            attempts=F("attempts") + 1,
            lease_token=token,
            lease_until=now + timedelta(seconds=settings.DELIVERY_LEASE_S),
        )
    return list(Delivery.objects.filter(lease_token=token).with_contents().oldest_first())


def finish(delivery: Delivery, state: str, now: datetime, error: str = "") -> bool:
    """Record the outcome, and say whether it was still ours to finish."""
    is_ours = _release(delivery, state=state, finished_at=now, error=error)
    if is_ours and state == State.FAILED:
        log_lines.note(log, logging.WARNING, "delivery given up", **_facts(delivery), reason=error)
    return is_ours


def put_back(
    delivery: Delivery, available_at: datetime, error: str, is_refunded: bool = False
) -> bool:
    attempts = F("attempts") - 1 if is_refunded else F("attempts")
    return _release(
        delivery, state=State.WAITING, available_at=available_at, error=error, attempts=attempts
    )


def _release(delivery: Delivery, **changes: object) -> bool:
    held = Delivery.objects.filter(pk=delivery.pk, lease_token=delivery.lease_token)
    is_ours = bool(held.update(lease_token=None, lease_until=None, **changes))
    if not is_ours:
        log_lines.note(log, logging.WARNING, "lease of a delivery lost", **_facts(delivery))
    return is_ours


def _facts(delivery: Delivery) -> dict[str, object]:
    return {
        "project": delivery.project_id,
        "firing": delivery.firing_id,
        "delivery": delivery.pk,
        "kind": delivery.kind,
        "attempts": delivery.attempts,
    }
