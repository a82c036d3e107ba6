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
    """Runs the function at dotted path `task` every so many minutes, in the ticks' cluster.

    second: of the minute, from which on it is due. The cluster looks at its schedules twice a
    minute, so it runs within half a minute of it; without one, at whatever second it began.
    """

    name: str
    task: str
    minutes: int = 1
    second: int | None = None

    def due(self, moment: datetime) -> datetime:
        """The moment, or its minute's due second."""
        return moment if self.second is None else moment.replace(second=self.second, microsecond=0)


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
        rows.update(**values, next_run=tick.due(first.next_run))
    else:
        Schedule.objects.create(name=tick.name, next_run=tick.due(now), **values)
