"""A body for a page that does not arrive ends like one whose sender hung up."""

from __future__ import annotations

import asyncio
from typing import Any

from config.body_deadline import within


def test_a_body_that_does_not_come_in_time_is_a_hang_up() -> None:
    assert asyncio.run(_received([b"a"], 0.05)) == ["http.request", "http.disconnect"]


def test_what_comes_after_a_whole_body_may_take_its_time() -> None:
    async def wait() -> str:
        receive = within(_sender([b"a", b"b"], last=True), 0.05)
        await receive()
        await receive()
        try:
            return str((await asyncio.wait_for(receive(), 0.2))["type"])
        except TimeoutError:
            return "still waiting"

    assert asyncio.run(wait()) == "still waiting"


def test_a_body_that_is_too_large_for_a_page_is_a_hang_up() -> None:
    assert asyncio.run(_received([b"aa", b"a"], 0.05, most=2))[:2] == [
        "http.request",
        "http.disconnect",
    ]


async def _received(pieces: list[bytes], seconds: float, most: int = 100) -> list[str]:
    receive = within(_sender(pieces, last=False), seconds, most)
    return [(await receive())["type"] for _ in range(len(pieces) + 1)]


def _sender(pieces: list[bytes], *, last: bool) -> Any:
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(60)
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left) or not last}

    return receive
