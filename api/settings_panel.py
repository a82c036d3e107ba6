"""How programs connect, on the settings page of a project, and which did, on the page of an
account (teams/extensions.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from api.oauth import programs
from core.ui.page_links import PageLink
from teams import extensions
from teams.models import Project, Team, User
from teams.people import departures


@dataclass(frozen=True, slots=True)
class Connection:
    """Where programs find this server and the project."""

    server: str
    project_id: UUID


def connection_to(project: Project) -> Connection:
    return Connection(settings.BASE_URL, project.uuid)


extensions.register(extensions.Panel("api/_connect.html", connection_to, is_for_keys=True))


def programs_of(_slug: str, _user: User) -> PageLink:
    return PageLink("Programs that you let in", reverse("programs"))


extensions.account_links.register("programs", programs_of)


def end_programs_of(user: User, team: Team, _now: datetime) -> None:
    """End the programs that a person who has left had let into projects of the team."""
    for program in programs.of_person(user):
        if program.project.team_id == team.pk:
            programs.end(user, program.grant_id)


departures.register(end_programs_of)
