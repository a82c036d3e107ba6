"""Bounds for the bodies that Django reads, which keeps all that comes, however long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]


def within(receive: Receive, seconds: float, most: int = 16 * 1024 * 1024) -> Receive:
    """Return a `receive` that hangs up when the body is late or large.

    seconds: until the whole body must have come. most: bytes that it may have.
    """
    deadline: float | None = None
    is_whole = False
    size = 0

    async def receive_in_time() -> dict[str, Any]:
        nonlocal deadline, is_whole, size
        if is_whole:
            return await receive()
        deadline = deadline or asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        size += len(message.get("body", b""))
        if size > most:
            return {"type": "http.disconnect"}
        is_whole = not message.get("more_body", False)
        return message

    return receive_in_time
