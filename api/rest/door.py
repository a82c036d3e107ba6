"""What every request passes, whatever it asks: a request id, who asks, how often, once or twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja import Router, Status
from ninja.constants import NOT_SET
from ninja.decorators import _apply_decorators
from ninja.operation import Operation

from api.cli import clients
from api.rest import callers, idempotency, problems, rate_limits
from api.rest.problems import Refused
from core.acting import Door, became
from core.http import request_ids

Run = Callable[..., HttpResponseBase]
View = TypeVar("View", bound=Callable[..., Any])

REQUEST_ID = request_ids.HEADER
UNKNOWN = "There is no parameter of this name here. There are: {names}."


def _created(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view that makes something return its shape alone."""

    @wraps(view)
    def made(*args: Any, **given: Any) -> Any:
        answer = view(*args, **given)
        return answer if isinstance(answer, Status) else Status(201, answer)

    return made


def answers_with(content_type: str) -> dict[str, Any]:
    """Return what the document says of an operation that answers no JSON (`openapi_extra`)."""
    schema = {"schema": {"type": "string"}}
    return {"responses": {200: {"description": "OK", "content": {content_type: schema}}}}


def reads(view: View) -> View:
    """Mark an operation that changes nothing though it is a POST: a key that reads may call it."""
    view.only_reads = True  # type: ignore[attr-defined]
    return view


class Resource(Router):
    """A router whose operations all pass the door, and document what the door may answer."""

    def add_api_operation(
        self, path: str, methods: list[str], view_func: Callable[..., Any], **given: Any
    ) -> None:
        response = given.get("response", NOT_SET)
        response = None if response is NOT_SET else response
        wanted = response if isinstance(response, dict) else {200: response}
        given["response"] = problems.DOCUMENTED | wanted
        super().add_api_operation(path, methods, view_func, **given)
        operation = self.path_operations[path].operations[-1]
        if 201 in wanted:
            operation.view_func = _created(view_func)
        _apply_decorators((through_the_door,), operation)


def through_the_door(run: Run) -> Run:
    """Wrap the bound `run` of an operation of ninja."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    writes = operation.methods != ["GET"] and not hasattr(operation.view_func, "only_reads")
    creates = 201 in operation.response_models
    known = {*_parameters(operation), callers.PROJECT}

    @wraps(run)
    def answered(request: Any, **path: Any) -> HttpResponseBase:
        request.request_id = request_ids.of(request)
        allowance = None
        try:
            now = timezone.now()
            _refuse_too_old(request)
            caller = request.caller = callers.caller_of(request, writes)
            became(door=_door_of(request), **caller.acting)
            allowance = rate_limits.count(caller.name, now)
            rate_limits.check(allowance)
            _refuse_unknown(request.GET, known)
            if creates:
                response = idempotency.once(request, caller, now, lambda: run(request, **path))
            else:
                response = run(request, **path)
        except Exception as error:
            response = problems.answer(problems.of(error), request)
        for name, value in (allowance.headers if allowance else {}).items():
            response[name] = value
        response[REQUEST_ID] = request.request_id
        response["Cache-Control"] = "no-store"
        return response

    return answered


def for_strangers(view: Run) -> Run:
    """Let requests through to the door, where keys are checked; other methods get a problem."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def answered(request: Any, **path: Any) -> HttpResponseBase:
        response = view(request, **path)
        if response.status_code != 405:
            return response
        request.request_id = request_ids.of(request)
        headers = {"Allow": response["Allow"], REQUEST_ID: request.request_id}
        text = f"Send one of {response['Allow']}."
        return problems.answer(Refused(405, "method_not_allowed", text, headers=headers), request)

    return answered


def _refuse_too_old(request: HttpRequest) -> None:
    """Refuse a command line that would read an answer wrongly."""
    if why := clients.why_too_old(request.headers.get("User-Agent", ""), settings.BASE_URL):
        raise Refused(400, "client_too_old", why)


def _door_of(request: HttpRequest) -> Door:
    """Say whether the command line asks, which speaks REST, or another program."""
    return Door.CLI if clients.is_ours(request.headers.get("User-Agent", "")) else Door.REST


def _parameters(operation: Operation) -> Iterable[str]:
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            yield from getattr(model, "__ninja_flatten_map__", {})


def _refuse_unknown(given: Iterable[str], known: set[str]) -> None:
    """Refuse parameters that nobody reads: a slip in a filter would find everything."""
    for name in given:
        if name not in known:
            text = UNKNOWN.format(names=", ".join(sorted(known)))
            raise Refused(422, "invalid", text, name[:100])
