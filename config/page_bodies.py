"""Bounds for the bodies that Django reads, which keeps all that comes, before it asks who sends it.

Each body has a time and a size. What goes beyond the size of a form takes from a room that all
bodies of the process share: senders of large bodies can crowd out each other, and no form.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Any, Send], Awaitable[None]]

#: What a form has at most: it is taken whoever else sends what.
FORM_BYTES = 64 * 1024
#: What a document for a page has at most, and all large bodies of a process together.
MOST_BYTES = 16 * 1024 * 1024
ROOM_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An answer for a body that was not read to its end."""

    status: int
    message: bytes


TOO_LATE = _Refusal(408, b"The body did not arrive in time. Send it again.")
TOO_LARGE = _Refusal(413, b"The body is too large. Send less at once.")
NO_ROOM = _Refusal(503, b"Too many large bodies are on their way. Send it again in a moment.")


class BoundedBodies:
    """An ASGI application that gives bodies within bounds to another one. One a process.

    seconds: until a whole body must have come.
    """

    def __init__(self, application: Application, seconds: float, room: int = ROOM_BYTES) -> None:
        self._application = application
        self._seconds = seconds
        self._free = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(self, receive, asyncio.get_running_loop().time() + self._seconds)
        is_answered = False

        async def send_and_note(message: dict[str, Any]) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._application(scope, body.receive, send_and_note)
            if body.refusal and not is_answered:
                await _refuse(body.refusal, send)
        finally:
            self._free += body.taken

    def take(self, size: int) -> bool:
        """Take from the room that all bodies share, and say whether it had as much."""
        self._free -= size
        return self._free >= 0


class _Body:
    """The body of one request on its way in.

    Once `refusal` is set the application sees a sender that hung up, and stops reading.
    """

    def __init__(self, room: BoundedBodies, receive: Receive, deadline: float) -> None:
        self._room, self._receive, self._deadline = room, receive, deadline
        self._size = 0
        self._is_whole = False
        self.taken = 0
        self.refusal: _Refusal | None = None

    async def receive(self) -> dict[str, Any]:
        """Return the next message of the server, or a disconnect when a bound is passed."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            return self._refuse(TOO_LATE)
        self._size += len(message.get("body", b""))
        if self._size > MOST_BYTES:
            return self._refuse(TOO_LARGE)
        more = max(0, self._size - FORM_BYTES) - self.taken
        self.taken += more
        if more and not self._room.take(more):
            return self._refuse(NO_ROOM)
        self._is_whole = not message.get("more_body", False)
        return message

    def _refuse(self, refusal: _Refusal) -> dict[str, Any]:
        self.refusal = refusal
        return {"type": "http.disconnect"}


async def _refuse(refusal: _Refusal, send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    if refusal is NO_ROOM:
        headers.append((b"retry-after", b"1"))
    start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": refusal.message})
