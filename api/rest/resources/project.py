"""Who asks, and the project that they ask about."""

from __future__ import annotations

from django.db.models import F
from ninja import Schema

from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.shapes import project as shapes
from api.shapes.project import EndpointShape, KeyShape, ProjectShape, WhoamiShape, endpoint_of
from signals_app.models import JudgeEndpoint
from teams.models import ApiKey

resource = Resource(tags=["project"])


class Keys(Schema):
    items: list[KeyShape]


class Judges(Schema):
    items: list[EndpointShape]


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


@resource.get("/judges", response=Judges, operation_id="list_judges")
def list_judges(request: CallerRequest) -> Judges:
    """Return the judges that the project brought, by name, the archived ones last; never a key.

    People make and change them, on the page Settings, Judges.
    """
    rows = JudgeEndpoint.objects.filter(project=request.caller.project)
    ordered = rows.order_by(F("archived_at").asc(nulls_first=True), "name")[:200]
    return Judges(items=[endpoint_of(row) for row in ordered])
