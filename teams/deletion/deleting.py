"""Deleting a project, or a team with its projects, and everything that belongs to them.

1. `delete_project` marks the project and deletes its keys. From that commit on no page shows it,
   and its traffic is answered like that of a key which nobody knows.
2. A task (`delete_marked`) deletes its rows in small batches, for a few seconds at a time, so that
   other tasks have their turn: alerts and signals first, then traffic and labels.
3. What was on its way at that commit (a batch being stored, a judge's answer) may write some more
   rows. The row of the project goes last, when none are left and ON_ITS_WAY has passed.

What may still be restored (`undoing`) is left alone. A killed task loses nothing: the mark stays,
and the task runs once a minute.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core.background.queue import enqueue
from teams import audit, projects
from teams.deletion.project_tables import delete_batch, has_rows, project_tables
from teams.models import Membership, Project, Team

#: Longer than anything that began before the mark may still write.
ON_ITS_WAY = timedelta(minutes=2)

#: How long one task works: alerts are evaluated by the same worker process.
WORK_S = 5.0

TASK = "teams.tasks.delete_marked"


@transaction.atomic
def delete_project(project: Project, now: datetime) -> None:
    """Make a project unreachable at once, and have everything of it deleted."""
    about = projects.about(project)
    audit.record("project.deleted", **about, before={"slug": project.slug})
    project.deleted_at, project.kept_until = now, None
    project.slug = f"deleted-{project.uuid.hex}"  # its address is free for another
    project.save(update_fields=["deleted_at", "kept_until", "slug"])
    project.api_keys.all().delete()
    enqueue(TASK)


@transaction.atomic
def delete_team(team: Team, now: datetime) -> None:
    """Do the same with a team and all of its projects; its people keep their accounts."""
    people = Membership.objects.of_team(team.pk).values_list("user__email", flat=True)
    before = {"members": list(people)}
    audit.record("team.deleted", kind="team", thing=team.name, team=team, before=before)
    for project in Project.with_deleted.filter(team=team):
        delete_project(project, now)
    Membership.objects.filter(team=team).delete()
    team.deleted_at, team.kept_until = now, None
    team.save(update_fields=["deleted_at", "kept_until"])
    enqueue(TASK)


def delete_marked(now: datetime, work_s: float = WORK_S) -> bool:
    """Delete rows of marked projects for about `work_s` seconds; return whether none are left.

    The rows of the projects and teams themselves go when the mark is older than ON_ITS_WAY.
    """
    ends_at = time.monotonic() + work_s
    for project in _due(Project.with_deleted, now).order_by("deleted_at", "pk"):
        if not _delete_rows(project.pk, ends_at):
            return False
        if _is_over(project, now) and not any(has_rows(m, project.pk) for m in project_tables()):
            project.delete()
    for team in _due(Team.with_deleted, now):
        if _is_over(team, now) and not Project.with_deleted.filter(team=team).exists():
            team.delete()
    return True


def _due(rows: Any, now: datetime) -> Any:
    """Return the rows that are marked and kept for nobody any more."""
    return rows.exclude(deleted_at=None).exclude(kept_until__gt=now)


def _delete_rows(project_id: int, ends_at: float) -> bool:
    """Delete rows of a project until `ends_at` (monotonic); return whether all tables were done."""
    for model in project_tables():
        while delete_batch(model, project_id):
            if time.monotonic() > ends_at:
                return False
    return True


def _is_over(marked: Project | Team, now: datetime) -> bool:
    """Say whether nothing that began before the mark can still write."""
    return marked.deleted_at is not None and marked.deleted_at <= now - ON_ITS_WAY
