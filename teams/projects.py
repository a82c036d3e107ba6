"""The verbs of a project: made, renamed, its idle time set. Deleting one: teams/deletion."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from teams import audit, limits
from teams.models import Project, Team, User
from teams.roles import Right

MAX_NAME_CHARS = 100
LONGEST_IDLE_S = 7 * 24 * 3600


@transaction.atomic
def create(team: Team, name: str, user: User) -> Project:
    """Make a project of a team of which the user is an owner or an admin.

    Raises ValidationError with messages by field: team, name.
    """
    errors = errors_of_name(name)
    if not Team.objects.of(user, Right.MANAGE).filter(pk=team.pk).exists():
        errors["team"] = ["Choose a team of which you are an owner or an admin."]
    if errors:
        raise ValidationError(errors)
    limits.check_room_for_project(Team.objects.select_for_update().get(pk=team.pk))
    project = Project.objects.create(team=team, name=name.strip())
    audit.record("project.made", **about(project))
    return project


def about(project: Project) -> dict[str, Any]:
    """Return which project an entry of the audit log is about."""
    return {
        "kind": "project",
        "thing": project.name,
        "thing_id": project.uuid,
        "project": project,
    }


@transaction.atomic
def change(project: Project, *, name: str, session_idle_s: int | None) -> Project:
    """Rename a project, and say how many seconds a session must be quiet before it is judged;
    None takes the installation's number.

    Raises ValidationError with messages by field: name, session_idle_s.
    """
    errors = errors_of_name(name)
    if session_idle_s is not None and not 1 <= session_idle_s <= LONGEST_IDLE_S:
        errors["session_idle_s"] = [f"Between 1 and {LONGEST_IDLE_S:,} seconds."]
    if errors:
        raise ValidationError(errors)
    before = {"name": project.name, "session_idle_s": project.session_idle_s}
    project.name, project.session_idle_s = name.strip(), session_idle_s
    project.save(update_fields=["name", "session_idle_s"])
    after = {"name": project.name, "session_idle_s": session_idle_s}
    audit.record("project.changed", **about(project), before=before, after=after)
    return project


def errors_of_name(name: str) -> dict[str, list[str]]:
    """Say by field what is wrong with the name of a project."""
    if not name.strip():
        return {"name": ["Give the project a name."]}
    if len(name.strip()) > MAX_NAME_CHARS:
        return {"name": [f"At most {MAX_NAME_CHARS} characters."]}
    if "\x00" in name:
        return {"name": ["Null characters are not allowed."]}
    return {}
