"""Deleting with a day to think again: marked now, gone after KEPT_FOR, restored until then.

What is marked is unreachable from that commit on, as with `deleting`: no page, no key, no judge and
no alert sees it. Its rows stay, `kept_until` says how long; then `deleting.delete_marked` takes
them. `deleting.delete_project` deletes at once, also what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from teams import audit, projects
from teams.models import Invitation, Project, Team, User
from teams.roles import Right

KEPT_FOR = timedelta(hours=24)
TOO_LATE = "It is too late to restore this: its data is being deleted."

Restored = Callable[[Project, datetime], None]
_restored: list[Restored] = []


class CannotRestore(Exception):
    """It is gone, or going; the text says so to the person."""


def register(restored: Restored) -> None:
    """Have `restored` called, in its transaction, whenever a project is there again."""
    if restored not in _restored:
        _restored.append(restored)


@transaction.atomic
def delete_project(project: Project, now: datetime) -> None:
    """Make a project unreachable at once, and have everything of it deleted after a day."""
    kept_until = now + KEPT_FOR
    marked = Project.objects.filter(pk=project.pk).update(deleted_at=now, kept_until=kept_until)
    if marked:
        after = {"kept_until": kept_until}
        audit.record("project.deleted", **projects.about(project), after=after)


@transaction.atomic
def restore_project(project: Project, now: datetime) -> Project:
    """Have a project that was deleted less than a day ago back as it was. Raises CannotRestore."""
    locked = Project.with_deleted.select_for_update(of=("self",)).filter(pk=project.pk)
    found = locked.select_related("team").filter(kept_until__gt=now).first()
    if found is None or found.team.deleted_at is not None:
        raise CannotRestore(TOO_LATE)
    _restore(found, now)
    return found


@transaction.atomic
def delete_team(team: Team, now: datetime) -> None:
    """Do the same with a team and all of its projects. Nobody can take an invitation meanwhile."""
    kept_until = now + KEPT_FOR
    if not Team.objects.filter(pk=team.pk).update(deleted_at=now, kept_until=kept_until):
        return
    audit.record("team.deleted", **about(team), after={"kept_until": kept_until})
    for project in Project.objects.filter(team=team):
        delete_project(project, now)
    Invitation.objects.waiting().filter(team=team).update(revoked_at=now)


@transaction.atomic
def restore_team(team: Team, now: datetime) -> Team:
    """Have a team back that was deleted less than a day ago, with the projects that were deleted
    with it. Raises CannotRestore."""
    locked = Team.with_deleted.select_for_update().filter(pk=team.pk, kept_until__gt=now)
    found = locked.first()
    if found is None:
        raise CannotRestore(TOO_LATE)
    together = Project.with_deleted.filter(team=found, deleted_at=found.deleted_at)
    found.deleted_at = found.kept_until = None
    found.save(update_fields=["deleted_at", "kept_until"])
    audit.record("team.restored", **about(found))
    for project in together.filter(kept_until__gt=now):
        _restore(project, now)
    return found


def deleted_projects(user: User, now: datetime, right: Right = Right.MANAGE) -> Sequence[Project]:
    """Return the projects that the person may restore, those that go first before others.

    right: what the person must have in the team; only owners delete them before their day is over.
    """
    teams = Team.objects.of(user, right)
    kept = Project.with_deleted.filter(team__in=teams, kept_until__gt=now)
    return list(kept.select_related("team").order_by("kept_until"))


def deleted_teams(user: User, now: datetime) -> Sequence[Team]:
    """Return the teams that the person may restore: owners may."""
    own = Q(memberships__user=user, memberships__role="owner")
    return list(Team.with_deleted.filter(own, kept_until__gt=now).order_by("kept_until"))


def about(team: Team) -> dict[str, Any]:
    """Return which team an entry of the audit log is about."""
    return {"kind": "team", "thing": team.name, "thing_id": team.uuid, "team": team}


def _restore(project: Project, now: datetime) -> None:
    project.deleted_at = project.kept_until = None
    project.save(update_fields=["deleted_at", "kept_until"])
    audit.record("project.restored", **projects.about(project))
    for each in _restored:
        each(project, now)
