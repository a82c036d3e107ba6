"""Doors from the queue to what keeps the tables of traffic in shape."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from core.background.queue import enqueue
from traces.agents import repairing
from traces.erasing import erasures
from traces.retaining import retaining
from traces.store import partitions, retention


def look_after_partitions() -> None:
    """Make the coming weeks' partitions, and drop what RETENTION_DAYS no longer keeps."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        partitions.make_ahead(cursor, now)
    retention.drop_older_than(now, settings.RETENTION_DAYS)
    retention.drop_empty(now)


def erase() -> None:
    """Go on erasing what was asked for, in a further task where this one's time was too short."""
    if not erasures.go_on(timezone.now()):
        enqueue(erasures.TASK)


def retain() -> None:
    """Let go what projects keep no longer, as `erase`."""
    if not retaining.go_on(timezone.now()):
        enqueue(retaining.TASK)


def look_after_agents() -> None:
    """Fold agents that are one, and let traffic follow what was merged."""
    repairing.look_after(timezone.now())
