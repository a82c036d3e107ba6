"""The fixed handful of schedules, written once at worker start.

Never one schedule per signal or alert: one bad row stops all schedules of django-q2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django_q.models import Schedule

#: Any number does, as long as nothing else in this database uses it.
LOCK = 7_311_902


@dataclass(frozen=True)
class Tick:
    """Runs the function at dotted path `task` every so many minutes, in the ticks' cluster."""

    name: str
    task: str
    minutes: int = 1


def ensure(ticks: Iterable[Tick], now: datetime) -> None:
    """Make the table say exactly this; safe when many workers start at once."""
    wanted = {tick.name: tick for tick in ticks}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        Schedule.objects.exclude(name__in=wanted).delete()
        for tick in wanted.values():
            _ensure_one(tick, now)


def _ensure_one(tick: Tick, now: datetime) -> None:
    values = {
        "func": tick.task,
        "schedule_type": Schedule.MINUTES,
        "minutes": tick.minutes,
        "repeats": -1,
    }
    rows = Schedule.objects.filter(name=tick.name).order_by("pk")
    if first := rows.first():
        rows.exclude(pk=first.pk).delete()
        rows.update(**values)
    else:
        Schedule.objects.create(name=tick.name, next_run=now, **values)
