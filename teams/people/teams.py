"""The verbs of a team: made, renamed. Its end: teams/deletion."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from teams import audit, projects
from teams.deletion import undoing
from teams.models import Membership, Project, Team, User
from teams.roles import Role


@transaction.atomic
def create(user: User, name: str, project_name: str) -> Project:
    """Make a team that the person owns, with its first project, and return that.

    Raises ValidationError with messages by field: name, project_name.
    """
    errors = _errors(name)
    if wrong := projects.errors_of_name(project_name):
        errors["project_name"] = wrong["name"]
    if errors:
        raise ValidationError(errors)
    team = Team.objects.create(name=name.strip())
    Membership.objects.create(team=team, user=user, role=Role.OWNER)
    audit.record("team.made", **undoing.about(team))
    return projects.create(team, project_name, user)


@transaction.atomic
def rename(team: Team, name: str) -> Team:
    """Give a team another name. Raises ValidationError with messages by field: name."""
    if errors := _errors(name):
        raise ValidationError(errors)
    before, team.name = team.name, name.strip()
    team.save(update_fields=["name"])
    names = {"name": before}, {"name": team.name}
    audit.record("team.renamed", **undoing.about(team), before=names[0], after=names[1])
    return team


def _errors(name: str) -> dict[str, list[str]]:
    """Say by field what is wrong with the name of a team: the rules are those of a project's."""
    wrong = projects.errors_of_name(name)
    return {"name": ["Give the team a name."]} if wrong and not name.strip() else wrong
