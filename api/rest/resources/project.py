"""Who asks, and the project that they ask about."""

from __future__ import annotations

from ninja import Schema

from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.shapes import project as shapes
from api.shapes.project import KeyShape, ProjectShape, WhoamiShape
from teams.models import ApiKey

resource = Resource(tags=["project"])


class Keys(Schema):
    items: list[KeyShape]


@resource.get("/me", response=WhoamiShape, operation_id="whoami")
def whoami(request: CallerRequest) -> WhoamiShape:
    """Say who asks, for which project, with which rights, and which judge answers there."""
    caller = request.caller
    return shapes.whoami_of(caller.project, caller.key, caller.user)


@resource.get("/project", response=ProjectShape, operation_id="get_project")
def get_project(request: CallerRequest) -> ProjectShape:
    """Return the project."""
    return shapes.project_of(request.caller.project)


@resource.get("/keys", response=Keys, operation_id="list_keys")
def list_keys(request: CallerRequest) -> Keys:
    """Return the project's API keys, those in use first; secrets are stored nowhere."""
    keys = ApiKey.objects.filter(project=request.caller.project).newest_first()[:200]
    return Keys(items=[shapes.key_of(key) for key in keys])
