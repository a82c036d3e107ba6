"""The name of a request: in its answer, on an error's page, and in every line of the log about it.

A proxy or a program may give it with `X-Request-ID`; what is no plain word is replaced.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

from django.http import HttpRequest

HEADER: Final = "X-Request-ID"
_NAME: Final = b"x-request-id"
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)

Scope = dict[str, Any]
Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request that this line of code works for; "" outside of one."""
    return _current.get()


def of(request: HttpRequest) -> str:
    """Return the request's id: that of the server, else the one it came with, else a new one."""
    known: str | None = getattr(request, "request_id", None)
    if known is None:
        known = current() or _sane(request.headers.get(HEADER, ""))
        request.request_id = known  # type: ignore[attr-defined]
    return known


def identified(
    application: Callable[[Scope, Any, Send], Awaitable[None]],
) -> Callable[[Scope, Any, Send], Awaitable[None]]:
    """Wrap an ASGI application: each request has an id while it is answered, and so has the
    answer."""

    async def answered(scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name.lower() == _NAME), b"")
        request_id = _sane(given.decode("latin-1"))
        pair = (_NAME, request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [each for each in message.get("headers", []) if each[0].lower() != _NAME]
                message = message | {"headers": [*headers, pair]}
            await send(message)

        before = _current.set(request_id)
        try:
            await application(scope, receive, send_with_id)
        finally:
            _current.reset(before)

    return answered


def _sane(given: str) -> str:
    return given if _PLAIN.fullmatch(given) else uuid.uuid4().hex
