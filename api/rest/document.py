"""The OpenAPI 3.1 document of REST, made of the operations as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from api.rest.application import api

#: Headers that every answer has.
_HEADERS = {
    "X-Request-ID": "The id of this request, also in the log.",
    "RateLimit-Limit": "Calls of a minute.",
    "RateLimit-Remaining": "Calls that are left of this minute.",
    "RateLimit-Reset": "Seconds until the next minute.",
}
_PROJECT = {
    "in": "query",
    "name": "project",
    "required": False,
    "description": "The project's address; only for a signed-in person: a key has its own.",
    "schema": {"type": "string", "maxLength": 120},
}
_IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Sent again within a day, the first answer comes again and nothing is made.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Mapping[str, Any]]
    body: list[Mapping[str, Any]]

    @property
    def curl(self) -> str:
        """The call as a command, with the key in the environment."""
        words = ["curl", f"-X {self.method}", '-H "Authorization: Bearer $SIGNALS_API_KEY"']
        if self.body:
            words.append("-H 'Content-Type: application/json' -d '{…}'")
        return " ".join([*words, f'"{settings.BASE_URL}{self.path}"'])


@cache
def openapi() -> dict[str, Any]:
    """Return the document."""
    made: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    for path in made["paths"].values():
        for operation in path.values():
            _complete(operation)
    return made


def _complete(operation: dict[str, Any]) -> None:
    """Add what the door does for every operation."""
    operation["parameters"] = [*operation.get("parameters", []), _PROJECT]
    if "201" in map(str, operation["responses"]):
        operation["parameters"].append(_IDEMPOTENCY)
    for response in operation["responses"].values():
        response["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in _HEADERS.items()
        }


def about() -> str:
    return str(openapi()["info"]["description"])


def groups() -> dict[str, list[Operation]]:
    """Return the operations by the resource that they are about."""
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(path, method, operation))
    return by_tag


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    first, _, rest = operation.get("description", "").partition("\n\n")
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=first,
        description=rest,
        parameters=[_parameter(each) for each in operation["parameters"] if each is not _PROJECT],
        body=_body(operation),
    )


def _parameter(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "name": given["name"],
        "place": given["in"],
        "is_required": given["required"],
        "text": given.get("description", ""),
        "kind": _kind(given["schema"]),
    }


def _body(operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = _resolved(content.get("schema", {}))
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "is_required": name in required,
            "text": each.get("description", ""),
            "kind": _kind(each),
        }
        for name, each in schema.get("properties", {}).items()
    ]


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = schema.get("allOf", [schema])[0]  # a body that may be left out stands in one
    name = schema.get("$ref", "").rpartition("/")[2]
    return openapi()["components"]["schemas"][name] if name else schema


def _kind(schema: Mapping[str, Any]) -> str:
    """Say in a few words what a value may be."""
    schema = _resolved(schema)
    if "enum" in schema:
        return " · ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "value")
