"""Signs of life: one row for each part of the worker, read by the watchdog and by /readyz."""

from __future__ import annotations

from datetime import datetime

from core.models import Heartbeat


def write(name: str, now: datetime) -> None:
    """The row says that `name` was alive at `now`; an older time never replaces a newer."""
    if not Heartbeat.objects.filter(name=name, beat_at__lt=now).update(beat_at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, beat_at=now)], ignore_conflicts=True)


def last(name: str) -> datetime | None:
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
