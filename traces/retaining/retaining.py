"""What a project keeps: what a change would let go, the change, and the task that lets it go."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from core.background import leases, long_tasks
from core.background.leases import SoleWork
from core.background.queue import enqueue
from teams import audit
from teams.models import Project
from traces.models import Retention
from traces.retaining import old_traces, steps
from traces.retaining.periods import Kept, Periods, check
from traces.retaining.steps import Old

TASK: Final = "traces.tasks.retain"
#: How long one task works.
WORK_S: Final = 15.0
#: What came in late, with an old time, is let go by the next day's sweep.
EVERY: Final = timedelta(hours=20)

__all__ = ["go_on", "of_project", "old_traces", "preview", "save"]


def of_project(project: Project) -> dict[Kept, int | None]:
    """Return the days that the project chose for each; None for none."""
    row = Retention.objects.filter(project=project).first()
    return {kept: getattr(row, kept.field, None) for kept in Kept}


def days_of(project: Project, kept: Kept) -> int | None:
    """Return the days after which it goes, by the project or by the installation; None: never."""
    own = of_project(project)[kept]
    return own or (settings.RETENTION_DAYS or None if kept == Kept.TRACES else None)


def preview(project: Project, periods: Periods, now: datetime) -> dict[Kept, Old]:
    """Return what would go at once under these periods. Raises ValidationError, as `save`."""
    check(periods)
    return {
        kept: steps.of(kept).old(project.pk, now - timedelta(days=days))
        for kept, days in periods.items()
        if days is not None
    }


@transaction.atomic
def save(project: Project, periods: Periods, now: datetime) -> None:
    """Keep everything for so long from now on; what is too old goes in the background.

    Raises ValidationError with messages by the field of `Kept`.
    """
    check(periods)
    before = {kept.field: days for kept, days in of_project(project).items()}
    after = {kept.field: periods.get(kept) for kept in Kept}
    Retention.objects.update_or_create(
        project=project, defaults={**after, "changed_at": now, "swept_at": None, "cursors": {}}
    )
    audit.record(
        "retention.changed",
        kind="project",
        thing=project.name,
        thing_id=project.uuid,
        project=project,
        before=before,
        after=after,
    )
    enqueue(TASK)


def go_on(now: datetime, work_s: float = WORK_S) -> bool:
    """Let what is too old go for about `work_s` seconds; return whether nothing is left."""
    ends_at = time.monotonic() + work_s
    with leases.hold(SoleWork.RETENTION) as lease:
        if not lease:
            return True
        rows = Retention.objects.filter(project__deleted_at=None).exclude(swept_at__gt=now - EVERY)
        for row in rows.order_by("pk"):
            if not _sweep(row, now, ends_at):
                return False
            Retention.objects.filter(pk=row.pk, changed_at=row.changed_at).update(
                swept_at=now, cursors={}
            )
    return True


def _sweep(row: Retention, now: datetime, ends_at: float) -> bool:
    """Let go what is too old of one project; return False if the time was over before."""
    done = "done"
    for kept in Kept:
        days, cursor = getattr(row, kept.field), row.cursors.get(kept, "")
        cutoff = now - timedelta(days=days or 0)
        while days and cursor != done:
            cursor = steps.of(kept).step(row.project_id, cutoff, cursor, now).cursor or done
            row.cursors[kept] = cursor
            if not long_tasks.may_go_on() or time.monotonic() > ends_at:
                Retention.objects.filter(pk=row.pk, changed_at=row.changed_at).update(
                    cursors=row.cursors
                )
                return False
    return True
