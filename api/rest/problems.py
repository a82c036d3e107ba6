"""The one shape of all errors, and which error becomes which answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ninja.errors
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import Schema
from pydantic import Field

from alerts.states import CannotChange as CannotChangeAlert
from core import time_limit
from signals_app.definition.editing import CannotEdit, Superseded
from signals_app.definition.states import CannotChange
from signals_app.queue.judging_again import CannotJudge
from signals_app.runs.retries import CannotRetry
from signals_app.runs.runs import CannotRun
from signals_app.trials.trials import CannotTry
from teams.keys import NoEntry
from traces.search.statement_timeout import TookTooLong
from traces.uploading.day_limit import OverDayLimit

log = logging.getLogger(__name__)

NOT_HERE = "It does not exist, or it belongs to another project."
OUR_FAULT = "A fault on our side; it is in the server's log under this request id."
TOO_LONG = "The search took too long, so nothing is known of it. Ask for a shorter stretch of time."
TOO_LARGE = "Reading it took too long: it is larger than can be shown in time."
UNREADABLE = "The body is no JSON. Send Content-Type application/json and a JSON object."

#: What is raised where the state of a thing does not allow what was asked for.
CONFLICTS = (
    *(CannotChange, CannotChangeAlert, CannotEdit, CannotJudge),
    *(CannotRetry, CannotRun, CannotTry),
)


class FieldProblem(Schema):
    """What is wrong with one field or parameter."""

    field: str
    message: str


class Problem(Schema):
    """Why a request was refused. `errors` has all that is wrong, by field."""

    code: str = Field(description="A word for programs, such as `invalid` or `not_found`.")
    message: str = Field(description="A sentence for people.")
    field: str | None = Field(None, description="Where the first error is, if at one place.")
    errors: list[FieldProblem] = []
    request_id: str = Field(description="Also in the header X-Request-ID, and in the log.")


#: The answers that any operation may give.
DOCUMENTED: dict[Any, Any] = dict.fromkeys(
    (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503), Problem
)


class Refused(Exception):
    """An answer other than success, in the one shape of errors."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.errors: Sequence[FieldProblem] = ()
        if field is not None:
            self.errors = (FieldProblem(field=field, message=message),)
        self.headers = headers or {}


def answer(refused: Refused, request: HttpRequest) -> HttpResponse:
    """Return the answer that says why."""
    problem = Problem(
        code=refused.code,
        message=refused.message,
        field=refused.field,
        errors=list(refused.errors),
        request_id=getattr(request, "request_id", ""),
    )
    body = json.dumps(problem.dict())
    headers = dict(refused.headers)
    return HttpResponse(
        body, status=refused.status, content_type="application/json", headers=headers
    )


def of(error: Exception) -> Refused:
    """Return the answer that an error becomes; one that nobody expected is a fault of ours."""
    if isinstance(error, Refused):
        return error
    for kind, made in _ANSWERS:
        if isinstance(error, kind):
            return made(error)
    log.exception("a fault while answering a request", exc_info=error)
    return Refused(500, "internal", OUR_FAULT)


def invalid(errors: Sequence[tuple[str, str]]) -> Refused:
    """Return the answer to values that are wrong, as pairs of field and sentence."""
    refused = Refused(422, "invalid", " ".join(dict.fromkeys(text for _field, text in errors)))
    refused.errors = [FieldProblem(field=name, message=text) for name, text in errors]
    refused.field = refused.errors[0].field if refused.errors else None
    return refused


def _of_values(error: ValidationError) -> Refused:
    if hasattr(error, "error_dict"):
        pairs = [(name, text) for name, texts in error.message_dict.items() for text in texts]
        return invalid(pairs)
    return Refused(422, "invalid", " ".join(error.messages))


def _of_schema(error: ninja.errors.ValidationError) -> Refused:
    return invalid([(_place(each["loc"]), _sentence(each)) for each in error.errors])


def _place(loc: Sequence[Any]) -> str:
    """Return where an error is in the words of the sender: after the source and the parameter
    that the body is read into."""
    inner = [str(part) for part in loc[1:]]
    if inner and inner[0] in ("given", "query"):
        inner = inner[1:]
    return ".".join(inner) or "body"


def _sentence(error: Mapping[str, Any]) -> str:
    text = str(error["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."


def _of_http(error: ninja.errors.HttpError) -> Refused:
    if error.status_code == 401:
        return Refused(401, "unauthenticated", str(error), headers={"WWW-Authenticate": "Bearer"})
    if error.status_code == 400:
        return Refused(400, "bad_request", UNREADABLE)
    return Refused(error.status_code, "refused", str(error))


def _of_superseded(error: Superseded) -> Refused:
    words = f"{error} Read it, and send the change again with based_on {error.live.number}."
    return Refused(409, "superseded", words, "based_on")


def _of_no_entry(error: Exception) -> Refused:
    return Refused(401, "unauthenticated", str(error), headers={"WWW-Authenticate": "Bearer"})


def _of_day_limit(error: OverDayLimit) -> Refused:
    headers = {"Retry-After": str(error.seconds_left)}
    return Refused(429, "over_day_limit", str(error), headers=headers)


_ANSWERS: Sequence[tuple[Any, Callable[[Any], Refused]]] = (
    (ninja.errors.ValidationError, _of_schema),
    (ninja.errors.HttpError, _of_http),
    (NoEntry, _of_no_entry),
    (OverDayLimit, _of_day_limit),
    (ValidationError, _of_values),
    (Superseded, _of_superseded),
    (CONFLICTS, lambda error: Refused(409, "conflict", str(error))),
    (PermissionDenied, lambda error: Refused(403, "forbidden", str(error))),
    (Http404, lambda _error: Refused(404, "not_found", NOT_HERE)),
    (TookTooLong, lambda _error: Refused(503, "unavailable", TOO_LONG)),
    (time_limit.TookTooLong, lambda _error: Refused(503, "unavailable", TOO_LARGE)),
    (RequestDataTooBig, lambda _error: Refused(413, "too_large", "The body is too large.")),
    (UnreadablePostError, lambda _error: Refused(400, "bad_request", "The body broke off.")),
)
