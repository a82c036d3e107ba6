"""A deadline for the bodies that Django reads, which waits for them without an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]


def within(receive: Receive, seconds: float) -> Receive:
    """The same `receive`, which hangs up when the body has not arrived whole in that time."""
    deadline: float | None = None
    is_whole = False

    async def receive_in_time() -> dict[str, Any]:
        nonlocal deadline, is_whole
        if is_whole:
            return await receive()
        deadline = deadline or asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        is_whole = not message.get("more_body", False)
        return message

    return receive_in_time
