"""One view for all procedures: who asks, what is asked, and the answer in the client's envelope."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from api.inf import procedures, wire
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call
from api.rest import rate_limits
from core.acting import Door, became
from teams import access, keys
from teams.models import ApiKey, Project

OTHER_PROJECT = "The key belongs to the project {name}. Its id is {uuid}."
NO_METHOD = "{name} is called with {method}."
NO_SIGN_IN = (
    "Signing in by device is not served under /inf: use a project key."
    " Make one in the project's settings, then: inf auth set-key <key>"
)


@csrf_exempt
@login_not_required
def procedure(request: HttpRequest, name: str | None = None) -> HttpResponse:
    """Answer one call; never with anything but the envelope."""
    name = name or ""
    try:
        return wire.success(_answer(request, name))
    except Exception as error:
        return wire.failure(error, name)


@csrf_exempt
@login_not_required
def sign_in(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Refuse the client's own sign-in, in the shape that it prints."""
    said = {"error": "unauthorized", "message": NO_SIGN_IN}
    return JsonResponse(said, status=401)


def key_of(request: HttpRequest) -> ApiKey:
    """Return the key that a request carries. Raises NoEntry, and Refused where it calls too
    often."""
    now = timezone.now()
    key = keys.opened_by(keys.secret_of(request), now)
    rate_limits.check(rate_limits.count(f"key:{key.pk}", now))
    became(door=Door.INF, user_id=None, email="", key_uuid=str(key.uuid), key_name=key.name)
    return key


def _answer(request: HttpRequest, name: str) -> Any:
    key = key_of(request)
    asked = procedures.named(name)
    if asked.method and request.method != asked.method:
        raise refused(NO_METHOD.format(name=name, method=asked.method), 405)
    project = access.project_of(key, write=asked.writes)
    fields = wire.input_of(request)
    _check_project(project, fields.get("projectId"))
    return asked.answer(Call(key, project, Given(fields)))


def _check_project(project: Project, asked: Any) -> None:
    """Refuse another project than the key's; the team that the client names is not looked at,
    since it may be that of another server."""
    if asked in (None, "", project.slug, str(project.uuid)):
        return
    try:
        if UUID(str(asked)) == project.uuid:
            return
    except ValueError:
        pass
    raise refused(OTHER_PROJECT.format(name=project.name, uuid=project.uuid), 404, "projectId")
