"""Rows that say when a part of the worker was last alive, for pages on any machine."""

from __future__ import annotations

from datetime import datetime

from core.models import Heartbeat


def write(name: str, now: datetime) -> None:
    """Record that `name` was alive at `now`; an older time never replaces a newer one."""
    if not Heartbeat.objects.filter(name=name, beat_at__lt=now).update(beat_at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, beat_at=now)], ignore_conflicts=True)


def last(name: str) -> datetime | None:
    """Return when `name` was last alive, or None if it never was."""
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
