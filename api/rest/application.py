"""The application of `/api/v1/`: its resources, its document and its errors."""

from __future__ import annotations

import json
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from api.rest import problems
from api.rest.callers import KeyScheme, SessionScheme
from api.rest.resources import RESOURCES

DESCRIPTION = """\
Everything that the pages do. Send a key of the project as "Authorization: Bearer" and the key; \
a signed-in person names the project by the parameter "project". Times are RFC 3339, rates \
fractions, money US dollars. Lists answer next_cursor while there is more."""


class StrictJson(Parser):
    """Takes JSON alone: NaN and numbers too long to be any are refused, as in the standard."""

    def parse_body(self, request: HttpRequest) -> Any:
        def refuse(word: str) -> None:
            raise ValueError(word)

        return json.loads(request.body, parse_constant=refuse)


class ExactJson(BaseRenderer):
    """Writes moments to the microsecond, so that what was answered can be sent back as it is."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


api = NinjaAPI(
    title="Signals",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-v1",
    auth=[KeyScheme(), SessionScheme()],
    docs_url=None,
    openapi_url=None,
    parser=StrictJson(),
    renderer=ExactJson(),
)
for prefix, resource in RESOURCES:
    api.add_router(prefix, resource)


def refused(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer an error in the one shape."""
    return problems.answer(problems.of(error), request)


# Ninja has answers of its own for some.
for kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(kind, refused)
