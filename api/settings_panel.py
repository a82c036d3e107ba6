"""How programs connect, on the settings page of a project (teams/extensions.py)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from teams import extensions
from teams.models import Project


@dataclass(frozen=True, slots=True)
class Connection:
    """Where programs find this server and the project."""

    server: str
    project_id: UUID


def connection_to(project: Project) -> Connection:
    return Connection(settings.BASE_URL, project.uuid)


extensions.register(extensions.Panel("api/_connect.html", connection_to, is_for_keys=True))
