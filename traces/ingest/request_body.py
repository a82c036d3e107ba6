"""An ASGI request's body, read with a bound on its size and on its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]


class BodyError(Exception):
    """The body was not read to its end."""


class TooLarge(BodyError):
    pass


class TooSlow(BodyError):
    pass


class Gone(BodyError):
    """The sender hung up."""


async def read(receive: Receive, limit: int, within_s: float) -> bytes:
    """The whole body, chunked or not; raises TooLarge, TooSlow or Gone."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                piece = message.get("body", b"")
                size += len(piece)
                if size > limit:
                    raise TooLarge
                pieces.append(piece)
                if not message.get("more_body", False):
                    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
    except TimeoutError:
        raise TooSlow from None


async def drain(receive: Receive, limit: int, within_s: float) -> None:
    """Take in what is left, as far as the bounds go, and forget it.

    A sender that is still sending when the answer comes may see a broken connection
    instead of the answer.
    """
    try:
        async with asyncio.timeout(within_s):
            left = limit
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return
