"""The envelope of the vendor's procedures: input in, `result` or `error` out.

The client looks at the JSON alone, so that every answer has it, whatever went wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, JsonResponse

from api.inf import words
from api.inf.errors import ERRORS, refused
from api.rest import problems
from api.rest.problems import Refused

OUR_FAULT = "A fault on our side; the server's log says more."
UNREADABLE = "The input is no JSON object."
NO_CHARACTER = "Null characters and halves of characters are not allowed."


def success(data: Any) -> JsonResponse:
    """Return the answer of a procedure."""
    return _json({"result": {"data": data}}, 200)


def failure(error: Exception, path: str) -> JsonResponse:
    """Return the answer that says in a sentence why there is no other."""
    known = problems.of(error)
    status = known.status if known.status in ERRORS else 400
    said = OUR_FAULT if status == 500 else _sentence(known)
    name, number = ERRORS[status]
    data = {"code": name, "httpStatus": status, "path": path[:200]}
    answer = _json({"error": {"message": said, "code": number, "data": data}}, status)
    for header, value in known.headers.items():
        answer[header] = value
    return answer


def input_of(request: HttpRequest) -> dict[str, Any]:
    """Return what a procedure was given: in the address of a query, in the body of a mutation."""
    text = request.GET.get("input", "") if request.method == "GET" else _body(request)
    if not text.strip():
        return {}
    try:
        given = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise refused(UNREADABLE) from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise refused(UNREADABLE)
    if not all(_can_be_kept(text) for text in _texts(given)):
        raise refused(NO_CHARACTER)
    return given


def _body(request: HttpRequest) -> str:
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise refused(UNREADABLE) from None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _texts(given: Any) -> Iterator[str]:
    waiting = [given]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value


def _can_be_kept(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _sentence(error: Refused) -> str:
    """Return the message with the names of the flags that it is about."""
    named = [f"{words.FIELDS.get(e.field, e.field)}: {e.message}" for e in error.errors if e.field]
    return " ".join(named) if named else error.message


def _json(body: dict[str, Any], status: int) -> JsonResponse:
    answer = JsonResponse(body, status=status, encoder=DjangoJSONEncoder)
    answer["Cache-Control"] = "no-store"
    return answer
