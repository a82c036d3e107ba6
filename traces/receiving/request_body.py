"""An ASGI request's body, read with a bound on its size and on its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it arrives, chunked or not. Raises Gone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


async def drain(receive: Receive, limit: int, within_s: float) -> None:
    """Take in what is left, as far as the bounds go, and forget it.

    A sender that is still sending when the answer comes may see a broken connection
    instead of the answer.
    """
    try:
        async with asyncio.timeout(within_s):
            left = limit
            async for piece in pieces(receive):
                left -= len(piece)
                if left <= 0:
                    return
    except (TimeoutError, Gone):
        return
