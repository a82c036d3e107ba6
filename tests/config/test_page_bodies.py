"""A body for a page has a time and a size, and all large bodies have one room."""

from __future__ import annotations

import asyncio
from typing import Any

from config.page_bodies import FORM_BYTES, MOST_BYTES, BoundedBodies

Message = dict[str, Any]
FORM = b"x" * FORM_BYTES


def test_a_body_that_does_not_come_in_time_is_a_hang_up_and_answered_with_408() -> None:
    assert asyncio.run(answer([b"a"], is_whole=False)) == (["http.request", "http.disconnect"], 408)


def test_a_body_that_is_too_large_for_a_page_is_a_hang_up_and_answered_with_413() -> None:
    pieces = [b"x" * MOST_BYTES, b"x"]
    assert asyncio.run(answer(pieces)) == (["http.request", "http.disconnect"], 413)


def test_a_whole_body_reaches_the_application_and_is_answered_by_it() -> None:
    assert asyncio.run(answer([b"a", b"b"])) == (["http.request", "http.request"], 200)


def test_what_comes_after_a_whole_body_may_take_its_time() -> None:
    async def wait(scope: Message, receive: Any, send: Any) -> None:
        await receive()
        try:
            await asyncio.wait_for(receive(), 0.2)
        except TimeoutError:
            await send({"type": "http.response.start", "status": 200})

    assert asyncio.run(status_of(BoundedBodies(wait, 0.05), [b"a"])) == 200


def test_large_bodies_share_a_room_and_leave_forms_theirs() -> None:
    async def run() -> list[int]:
        go_on = asyncio.Event()
        bodies = BoundedBodies(reading(go_on), 5, room=100)
        first = asyncio.create_task(status_of(bodies, [FORM + b"x" * 90]))
        await asyncio.sleep(0.01)
        go_on.set()
        refused, form = [await status_of(bodies, [body]) for body in (FORM + b"x" * 20, FORM)]
        return [await first, refused, form]

    async def freed() -> int:
        bodies = BoundedBodies(reading(None), 5, room=100)
        for _ in range(3):
            status = await status_of(bodies, [FORM + b"x" * 90])
        return status

    assert asyncio.run(run()) == [200, 503, 200]
    assert asyncio.run(freed()) == 200


def reading(go_on: asyncio.Event | None) -> Any:
    """An application that reads a body and answers, the first time when it may go on."""

    async def application(scope: Message, receive: Any, send: Any) -> None:
        message: Message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
        if message["type"] == "http.disconnect":
            return
        if go_on:
            await go_on.wait()
            await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": 200})

    return application


async def answer(pieces: list[bytes], *, is_whole: bool = True) -> tuple[list[str], int]:
    """The types of what the application receives, and the status of the answer."""
    received: list[str] = []

    async def application(scope: Message, receive: Any, send: Any) -> None:
        for _ in range(2):
            received.append((await receive())["type"])
            if received[-1] == "http.disconnect":
                return
        await send({"type": "http.response.start", "status": 200})

    status = await status_of(BoundedBodies(application, 0.05), pieces, is_whole=is_whole)
    return received, status


async def status_of(bodies: BoundedBodies, pieces: list[bytes], *, is_whole: bool = True) -> int:
    left, sent = list(pieces), []

    async def receive() -> Message:
        if not left:
            await asyncio.sleep(60)
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left) or not is_whole}

    async def send(message: Message) -> None:
        sent.append(message)

    await bodies({"type": "http"}, receive, send)
    return int(sent[0]["status"])
