"""/healthz and /readyz, straight on ASGI: they answer under any host name, to anybody, and
whatever the rest of the program needs may be away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from asgiref.sync import sync_to_async

from runner.health.checks import Check
from runner.health.watching import watch

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

ALIVE, READY = "/healthz", "/readyz"
TEXT, JSON = b"text/plain; charset=utf-8", b"application/json"


def takes(path: str) -> bool:
    """Say whether the address is one of these."""
    return path in (ALIVE, READY)


async def answer(scope: Scope, receive: object, send: Send) -> None:
    """Answer one request, as an ASGI application."""
    if scope["method"] not in ("GET", "HEAD"):
        await _send(send, 405, TEXT, b"Ask with GET.\n", [(b"allow", b"GET, HEAD")])
    elif scope["path"] == ALIVE:
        await _send(send, 200, TEXT, b"ok\n")
    else:
        # Not on the thread that all pages share: it may wait for the database.
        found = await sync_to_async(watch.look, thread_sensitive=False)()
        is_ready = all(each.is_good for each in found)
        await _send(send, 200 if is_ready else 503, JSON, body(found, is_ready))


def body(found: list[Check], is_ready: bool) -> bytes:
    """Return what /readyz says, as JSON: a truth value and a sentence for each check."""
    told = {each.name: {"ok": each.is_good, "says": each.words} for each in found}
    return orjson.dumps({"ready": is_ready, "checks": told}, option=orjson.OPT_APPEND_NEWLINE)


async def _send(
    send: Send,
    status: int,
    kind: bytes,
    body: bytes,
    more: list[tuple[bytes, bytes]] | None = None,
) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    headers += [(b"cache-control", b"no-store"), *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
