"""/healthz, /readyz and /metrics, straight on ASGI: they answer under any host name, and
whatever the rest of the program needs may be away."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings

from core.metrics import exposition
from runner.health.checks import Check
from runner.health.watching import watch
from runner.metrics import page

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

ALIVE, READY, METRICS = "/healthz", "/readyz", "/metrics"
TEXT, JSON = b"text/plain; charset=utf-8", b"application/json"


def takes(path: str) -> bool:
    """Say whether the address is one of these."""
    return path in (ALIVE, READY, METRICS)


async def answer(scope: Scope, receive: object, send: Send) -> None:
    """Answer one request, as an ASGI application."""
    if scope["method"] not in ("GET", "HEAD"):
        await _send(send, 405, TEXT, b"Ask with GET.\n", [(b"allow", b"GET, HEAD")])
    elif scope["path"] == ALIVE:
        await _send(send, 200, TEXT, b"ok\n")
    elif scope["path"] == METRICS:
        await _answer_metrics(scope, send)
    else:
        # Not on the thread that all pages share: it may wait for the database.
        found = await sync_to_async(watch.look, thread_sensitive=False)()
        is_ready = all(each.is_good for each in found)
        await _send(send, 200 if is_ready else 503, JSON, body(found, is_ready))


async def _answer_metrics(scope: Scope, send: Send) -> None:
    token = settings.METRICS_TOKEN
    given = dict(scope["headers"]).get(b"authorization", b"")
    if not token:
        await _send(send, 404, TEXT, b"There are no metrics: METRICS_TOKEN is not set.\n")
    elif not secrets.compare_digest(given, f"Bearer {token}".encode()):
        asks = [(b"www-authenticate", b"Bearer")]
        await _send(send, 401, TEXT, b"Show METRICS_TOKEN as a bearer token.\n", asks)
    else:
        written = await sync_to_async(page.current, thread_sensitive=False)()
        await _send(send, 200, exposition.CONTENT_TYPE.encode(), written.encode())


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
