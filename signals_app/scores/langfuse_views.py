"""What Langfuse's clients ask beside sending spans, answered in Langfuse's shapes.

Read from the SDKs: `auth_check()` asks for the projects of the key; `create_score()` posts a list
of scores (version 5), one score, or a batch of events (until version 4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from signals_app.scores.remarking import remark
from signals_app.scores.score import BadScore, Score, read
from teams.access import project_of
from teams.keys import UNKNOWN, NoEntry, opened_by, secret_of
from teams.models import Project

#: Scores in one request.
MAX_SCORES = 1_000

Handler = Callable[[HttpRequest, Project], JsonResponse]


class _Bad(Exception):
    """The request as a whole; (status, message)."""


def _door(method: str) -> Callable[[Handler], Callable[[HttpRequest], JsonResponse]]:
    """Make a view of one method, for whoever has a key: one that may write, unless the method only
    asks. Every answer is JSON."""

    def decorate(handle: Handler) -> Callable[[HttpRequest], JsonResponse]:
        def view(request: HttpRequest) -> JsonResponse:
            if request.method != method:
                answer = _error(405, "MethodNotAllowedError", f"Use {method} at this address.")
                answer["Allow"] = method
                return answer
            try:
                key = opened_by(secret_of(request), timezone.now())
                return handle(request, project_of(key, write=method != "GET"))
            except NoEntry as error:
                return _error(401, "UnauthorizedError", str(error))
            except Http404:  # it expired, or its project was deleted, a moment ago
                return _error(401, "UnauthorizedError", UNKNOWN)
            except PermissionDenied as error:
                return _error(403, "ForbiddenError", str(error))
            except _Bad as bad:
                status, message = bad.args
                return _error(status, "InvalidRequestError", message)
            except DatabaseError:
                return _error(503, "ServiceUnavailable", "The database cannot now: send it again.")

        return csrf_exempt(login_not_required(view))

    return decorate


@_door("GET")
def projects(request: HttpRequest, project: Project) -> JsonResponse:
    team = project.team
    shown = {
        "id": str(project.uuid),
        "name": project.name,
        "organization": {"id": str(team.pk), "name": team.name},
        "metadata": {},
    }
    return JsonResponse({"data": [shown]})


@_door("POST")
def scores(request: HttpRequest, project: Project) -> JsonResponse:
    body = _body(request)
    if not isinstance(body, list):
        ((score_id, why),) = _remarked(project, [body])
        return _error(400, "InvalidRequestError", why) if why else JsonResponse({"id": score_id})
    errors = [{"message": why} for _, why in _remarked(project, body) if why]
    if not errors:
        return JsonResponse({"message": "Accepted"}, status=202)
    counts = {"accepted": len(body) - len(errors), "rejected": len(errors)}
    return JsonResponse(counts | {"errors": errors}, status=207)


@_door("POST")
def ingestion(request: HttpRequest, project: Project) -> JsonResponse:
    """Take those events of a batch that create a score."""
    body = _body(request)
    batch = body.get("batch") if isinstance(body, dict) else None
    if not isinstance(batch, list):
        raise _Bad(400, "The body is not an object with a batch of events.")
    events = [event if isinstance(event, dict) else {} for event in batch]
    is_score = [event.get("type") == "score-create" for event in events]
    given = [event.get("body") for event, yes in zip(events, is_score, strict=True) if yes]
    said = iter(_remarked(project, given))
    successes, errors = [], []
    for event, yes in zip(events, is_score, strict=True):
        why = next(said)[1] if yes else OTHER_EVENT
        event_id = str(event.get("id", ""))
        if why:
            error = {"id": event_id, "status": 400, "message": why, "error": "InvalidRequestError"}
            errors.append(error)
        else:
            successes.append({"id": event_id, "status": 201})
    return JsonResponse({"successes": successes, "errors": errors}, status=207)


OTHER_EVENT = "Only score-create is taken here. Send traces by OpenTelemetry: /v1/traces."


@csrf_exempt
@login_not_required
def nothing(request: HttpRequest, path: str = "") -> JsonResponse:
    """Answer every other address of Langfuse's API."""
    return _error(404, "NotFoundError", "Signals does not have this part of Langfuse's API.")


def _remarked(project: Project, bodies: list[Any]) -> list[tuple[str, str]]:
    """(id, why it is not kept or "") of each."""
    if len(bodies) > MAX_SCORES:
        raise _Bad(413, f"Send at most {MAX_SCORES:,} scores at once.")
    read_scores: list[Score | str] = []
    for body in bodies:
        try:
            read_scores.append(read(body))
        except BadScore as error:
            read_scores.append(str(error))
    kept = [each for each in read_scores if isinstance(each, Score)]
    answers = iter(remark(project, kept, timezone.now()))
    return [(o.id, next(answers)) if isinstance(o, Score) else ("", o) for o in read_scores]


def _body(request: HttpRequest) -> Any:
    try:
        return orjson.loads(request.body)
    except RequestDataTooBig:
        raise _Bad(413, "The body is too large: send fewer scores at once.") from None
    except (orjson.JSONDecodeError, UnreadablePostError):
        raise _Bad(400, "The body is not valid JSON.") from None


def _error(status: int, name: str, message: str) -> JsonResponse:
    return JsonResponse({"message": message, "error": name}, status=status)
