"""`project`, `api-key`, and what `auth` asks: who the caller is."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from api.inf import words
from api.inf.errors import refused
from api.inf.router import Call, Router
from api.shapes import links
from teams.models import ApiKey, Project

router = Router()
Row = dict[str, Any]

MOST_KEYS: Final = 200
MADE_ON_PAGE = "API keys are made and revoked on the project's settings page: {url}"
OF_PEOPLE = "Projects and teams are made, renamed and deleted by people, on the settings page."


@router.mutation(
    "telemetry.recordCliCommand", "telemetry.recordCliInstrumentationCompleted", writes=False
)
def telemetry(_call: Call) -> Row:
    """Take what the client tells about itself, and keep nothing of it."""
    return {}


@router.query("user.getProfile")
def profile(call: Call) -> Row:
    """Return the key in the place of a person."""
    user = {"id": str(call.key.uuid), "email": None, "name": call.key.name}
    return {"session": {"user": user}}


@router.query("modelAdmin.getCapabilities")
def capabilities(_call: Call) -> Row:
    return {"isSuperAdmin": False}


@router.query("project.getProjects", "project.getAllProjects")
def projects(call: Call) -> list[Row]:
    """Return the one project that the key opens."""
    return [project_of(call.project)]


@router.query("project.getProject")
def project(call: Call) -> Row:
    return project_of(call.project)


@router.query("project.getAuthContext")
def auth_context(call: Call) -> Row:
    """Return what the key opens, and with which rights."""
    return {
        "teamId": str(call.project.team.uuid),
        "teamName": call.project.team.name,
        "projectId": str(call.project.uuid),
        "projectName": call.project.name,
        "keyName": call.key.name,
        "permissions": _permissions(call.key),
        "server": settings.BASE_URL,
        "version": settings.VERSION,
    }


@router.query("apiKey.list")
def api_keys(call: Call) -> list[Row]:
    """Return the keys of the project, those in use first."""
    known = ApiKey.objects.filter(project=call.project).newest_first()
    return [_key_of(call.project, key) for key in known[:MOST_KEYS]]


@router.query("apiKey.getProjectDefault")
def default_key(call: Call) -> Row:
    """Return the key that asks: no other is the default one."""
    return _key_of(call.project, call.key)


@router.mutation("apiKey.create", "apiKey.archive", writes=False)
def no_key(call: Call) -> Row:
    raise refused(MADE_ON_PAGE.format(url=links.page("keys", call.project.slug)), 405)


def project_of(project: Project) -> Row:
    return {
        "id": str(project.uuid),
        "name": project.name,
        "slug": project.slug,
        "teamId": str(project.team.uuid),
        "createdAt": words.moment(project.created_at),
        "url": links.page("traces", project.slug),
    }


def _key_of(project: Project, key: ApiKey) -> Row:
    scope = {"projectId": str(project.uuid), "permissions": _permissions(key)}
    return {
        "id": str(key.uuid),
        "name": key.name,
        "keyPreview": f"{key.shown}…",
        "enabled": key.revoked_at is None,
        "defaultProjectId": str(project.uuid),
        "scopes": [scope],
        "teamId": str(project.team.uuid),
        "createdAt": words.moment(key.created_at),
        "lastUsedAt": words.moment(key.last_used_at),
        "expiresAt": words.moment(key.expires_at),
    }


def _permissions(key: ApiKey) -> list[str]:
    return ["read", "write"] if key.can_write else ["read"]


router.refuse(
    OF_PEOPLE,
    *("project.createProject", "project.updateProject"),
    *("project.archiveProject", "project.unarchiveProject"),
    *("team.createTeam", "team.updateTeam", "team.getTeam"),
)
