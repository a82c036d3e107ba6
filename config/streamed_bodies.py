"""Bodies that a view reads while they arrive, so that a large one is never kept as a whole.

Django takes in a body before it asks who sends it. Here the view runs first: whoever has no key is
refused before a byte is read, and a sender can be no faster than what becomes of the body. Memory
holds one piece of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler

from api.rest.resources.traffic.uploads import MOST_BYTES, PATH
from traces.receiving.request_body import drain

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]

#: Until the next piece must have come, and the whole body.
PIECE_S, WHOLE_S = 30.0, 3600.0
#: What is taken in and forgotten of a body that is refused, so that its sender sees the answer.
DRAINED_BYTES, DRAINED_S = 1024 * 1024, 2.0


def streams(path: str) -> bool:
    """Say whether the view at an address reads its body as it arrives."""
    return path == PATH


class StreamedBodies(ASGIHandler):
    """Django, for views that read `request` as a file."""

    async def handle(  # type: ignore[override]  # messages of ASGI, as dictionaries
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = ArrivingBody(receive, _declared(scope))

        async def send_when_read(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start" and not body.is_over:
                await drain(receive, DRAINED_BYTES, DRAINED_S)
            await send(message)

        await super().handle(scope, body, send_when_read)  # type: ignore[arg-type]

    async def read_body(  # type: ignore[override]
        self, receive: ArrivingBody
    ) -> ArrivingBody:
        """Return the body as Django's file of it, of which nothing has been read."""
        return receive


class ArrivingBody:
    """A body as a file for the view's thread. Called, it is what Django listens to meanwhile: it
    tells when the sender hangs up after the whole body."""

    def __init__(
        self,
        receive: Receive,
        declared: int = 0,
        most: int = MOST_BYTES,
        piece_s: float = PIECE_S,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._receive, self._most, self._piece_s = receive, most, piece_s
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + whole_s
        self._over = asyncio.Event()
        self._size, self._declared = 0, declared
        self._held = b""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be read of it."""
        return self._over.is_set()

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` of the next bytes, b"" at the end.

        Raises RequestDataTooBig, and OSError where the body breaks off or comes too slowly.
        """
        if size < 0:
            raise OSError("This body is read piece by piece.")
        if self._declared > self._most:
            raise RequestDataTooBig
        while not self._held and not self.is_over:
            self._held = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    async def _next(self) -> bytes:
        """Return the next piece, which may be empty."""
        deadline = min(self._loop.time() + self._piece_s, self._ends_at)
        async with asyncio.timeout_at(deadline):
            message = await self._receive()
        if message["type"] == "http.disconnect":
            self._over.set()
            raise OSError("The sender hung up.")
        piece: bytes = message.get("body", b"")
        self._size += len(piece)
        if self._size > self._most:
            raise RequestDataTooBig
        if not message.get("more_body", False):
            self._over.set()
        return piece

    async def __call__(self) -> dict[str, Any]:
        await self._over.wait()
        return await self._receive()

    def close(self) -> None:
        self._held = b""


def _declared(scope: Scope) -> int:
    """Return the length that the headers say; 0 where they say none."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() and len(said) < 20 else 0
