"""What the worker does on its own: the ticks, and what each cluster begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django_q.models import Schedule

from core.background import locks
from core.background.locks import AdvisoryLock


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
        """Return the moment, or its minute's due second."""
        return moment if self.second is None else moment.replace(second=self.second, microsecond=0)


#: A fixed handful, never one for each signal or alert: one bad row stops all of them.
TICKS = (
    Tick("sweep", "signals_app.tasks.sweep"),
    # Due when the labels of the last minute are there (alerts.evaluation.evaluating), and always in
    # the same half of the minute, so that jitter leaves out none.
    Tick("alerts", "alerts.tasks.evaluate", second=12),
    Tick("prune failed tasks", "core.tasks.prune_failures", minutes=60),
    Tick("agents", "traces.tasks.look_after_agents"),
    Tick("erasures", "traces.tasks.erase"),
    Tick("retention", "traces.tasks.retain", minutes=60),
    Tick("partitions", "traces.tasks.look_after_partitions", minutes=60),
    Tick("budgets", "signals_app.tasks.regulate_budgets"),
    Tick("fold minutes", "signals_app.tasks.fold_minutes", minutes=60),
    Tick("prune trials", "signals_app.tasks.prune_trials", minutes=60),
    Tick("deleted projects", "teams.tasks.delete_marked"),
    Tick("audit log", "teams.tasks.forget_audit_entries", minutes=60),
    Tick("prune idempotent calls", "api.tasks.prune", minutes=60),
    Tick("imports", "api.tasks.take_imports"),
    Tick("deliver", "alerts.tasks.deliver"),
    Tick("overviews", "alerts.tasks.overviews"),
    Tick("incidents", "alerts.tasks.incidents"),
    *([Tick("demo", "demo.tasks.tick")] if settings.DEMO else []),
)

#: By cluster: queued whenever one starts, because django-q2 first looks at its schedules
#: after half a minute, and because a killed cluster took with it what was running.
AT_START = {
    "signals": (
        *("signals_app.tasks.sweep", "alerts.tasks.evaluate", "alerts.tasks.deliver"),
        "traces.tasks.look_after_agents",
        *(["demo.tasks.tick"] if settings.DEMO else []),
    ),
    "judge": ("signals_app.tasks.pump",),
}


def ensure(ticks: Iterable[Tick], now: datetime) -> None:
    """Make django-q2's table hold exactly these ticks; safe when many workers start at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        locks.wait_for(cursor, AdvisoryLock.TICKS)
        next_runs = dict(Schedule.objects.values_list("name", "next_run"))
        Schedule.objects.all().delete()
        Schedule.objects.bulk_create(
            Schedule(
                name=tick.name,
                func=tick.task,
                schedule_type=Schedule.MINUTES,
                minutes=tick.minutes,
                repeats=-1,
                next_run=tick.due(next_runs.get(tick.name, now)),
            )
            for tick in ticks
        )
