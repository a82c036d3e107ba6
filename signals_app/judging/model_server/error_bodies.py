"""What an error body says, in the shapes of the servers that speak the OpenAI protocol. Pure.

OpenAI's {"error": {…}}, vLLM's {"object": "error", …}, FastAPI's {"detail": …}, and what
gateways answer with the status 200: their code is then what the status would have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: As much of an error as is looked at; who wrote more quotes what was sent.
MAX_CHARS = 2000
_MAX_ITEMS = 10
_COUNTS = ("n_prompt_tokens", "n_ctx")
#: What a code or type means where no number stands.
_STATUSES = (
    (("quota", "billing", "payment", "credit"), 402),
    (("rate_limit", "rate limit", "too_many", "throttl", "resource_exhausted"), 429),
    (("api_key", "auth", "unauthori"), 401),
    (("permission", "forbidden", "denied"), 403),
    (("not_found", "notfound", "no_such"), 404),
    (("overload", "unavailable"), 503),
    (("invalid", "bad_request", "badrequest", "context", "unsupported", "content_"), 400),
)


@dataclass(frozen=True, slots=True)
class Told:
    """code: the server's code and type, for matching. headers: some gateways put them inside."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def told(body: Any, status: int | None = None) -> Told | None:
    """Return the error in a body; None where it holds none. status: of the HTTP answer, if not
    200."""
    inner = _inner(body)
    if inner is None:
        return None
    metadata = inner.get("metadata")
    details = metadata if isinstance(metadata, dict) else {}
    names = [_flat(inner.get(key)) for key in ("code", "type", "status", "param")]
    code = " ".join(name for name in names if name)
    raw = _flat(details.get("raw"))
    message = _message(inner) + _counts(inner)
    if raw and raw not in message:
        message = f"{message} ({raw})" if message else raw
    return Told(
        status or _status(inner, code),
        code[:MAX_CHARS],
        (message or code)[:MAX_CHARS],
        _headers(details.get("headers")),
    )


def _inner(body: Any) -> dict[str, Any] | None:
    """Return the mapping that holds the words."""
    if isinstance(body, list) and body:  # Google answers with a list of one
        body = body[0]
    if isinstance(body, str):
        return {"message": body}
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str) and error:
        return {**body, "message": ": ".join(filter(None, (error, _flat(body.get("message")))))}
    if any(key in body for key in ("detail", "message", "msg", "error_message", "errors")):
        return body
    return None


def _message(inner: Mapping[str, Any]) -> str:
    for key in ("message", "detail", "msg", "error_message", "errors"):
        if said := _words(inner.get(key)):
            return said
    return ""


def _counts(inner: Mapping[str, Any]) -> str:
    """llama.cpp says beside its message how much it reads and how much was sent."""
    said = [f"{key}: {inner[key]}" for key in _COUNTS if isinstance(inner.get(key), int)]
    return f" ({', '.join(said)})" if said else ""


def _words(value: Any) -> str:
    """Text, or each entry of FastAPI's list of complaints: where it is, and what is wrong."""
    if isinstance(value, str):
        return value[:MAX_CHARS]
    if isinstance(value, list):
        return "; ".join(filter(None, (_words(each) for each in value[:_MAX_ITEMS])))[:MAX_CHARS]
    if not isinstance(value, dict):
        return ""
    place = value.get("loc")
    where = ".".join(_flat(step) for step in place[:_MAX_ITEMS]) if isinstance(place, list) else ""
    what = _flat(value.get("msg") or value.get("message") or value.get("detail"))
    return ": ".join(filter(None, (where, what)))


def _status(inner: Mapping[str, Any], code: str) -> int:
    for key in ("code", "status", "status_code", "http_status"):
        number = inner.get(key)
        text = str(number) if isinstance(number, (int, str)) else ""
        if len(text) == 3 and text.isascii() and text.isdigit() and text >= "400":
            return int(text)
    named = code.casefold()
    return next((status for words, status in _STATUSES if any(w in named for w in words)), 500)


def _headers(said: Any) -> dict[str, str]:
    if not isinstance(said, dict):
        return {}
    items = list(said.items())[:50]
    return {name.lower()[:100]: value[:100] for name, value in items if isinstance(value, str)}


def _flat(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value)[:MAX_CHARS]
