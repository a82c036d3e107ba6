"""Senders that do not finish their bodies take nothing from those that do."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.traces.receiving.bad_requests import JSON, as_json, good
from tests.traces.receiving.served import Served, served
from traces.receiving.unfinished_bodies import LEAST, NoRoom, Room

pytestmark = pytest.mark.slow

CONNECTIONS = 1_500
#: Of the rate that was measured without them.
KEPT = 0.8
#: Other programs on the machine disturb one measurement; a server that stands still fails all.
ATTEMPTS = 3


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Served]:
    with django_db_blocker.unblock(), served() as running:
        yield running


def rate_of_good_traffic(server: Served, seconds: float) -> float:
    """Batches a second of one sender that waits for each answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": JSON}
    begun, done = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        connection.request("POST", "/v1/traces", as_json(good(uuid4().hex)), headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        done += 1
    connection.close()
    return done / (time.monotonic() - begun)


async def send_slowly(port: int, key: str, until: asyncio.Event) -> None:
    """The head of a request and a byte of its body; then nothing, until the test is over."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 100000\r\n\r\n{{"
    )
    try:
        writer.write(head.encode())
        await writer.drain()
        await until.wait()
    except OSError:
        pass
    finally:
        writer.close()


@contextmanager
def slow_senders(port: int, key_of: Callable[[int], str]) -> Iterator[None]:
    """1,500 of them, open while the block runs."""
    loop = asyncio.new_event_loop()
    over, are_open = asyncio.Event(), threading.Event()

    async def attack() -> None:
        senders = [
            asyncio.create_task(send_slowly(port, key_of(number), over))
            for number in range(CONNECTIONS)
        ]
        await asyncio.sleep(0.5)
        are_open.set()
        await asyncio.gather(*senders, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(attack(),))
    thread.start()
    try:
        are_open.wait(20)
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["made up", "good"])
def test_1500_slow_senders_leave_good_traffic_its_rate(server: Served, whose: str) -> None:
    keys = {"made up": lambda number: f"sk-signals-{number}", "good": lambda _: server.key}
    rate_of_good_traffic(server, 0.5)
    shares = []
    for _ in range(ATTEMPTS):
        before = rate_of_good_traffic(server, 3)
        with slow_senders(server.port, keys[whose]):
            beside = rate_of_good_traffic(server, 8)
        shares.append(beside / ((before + rate_of_good_traffic(server, 3)) / 2))
        if shares[-1] >= KEPT:
            return
    raise AssertionError(f"good traffic kept {shares} of its rate")


@pytest.mark.django_db
def test_a_made_up_key_is_told_before_its_body_comes(server: Served) -> None:
    head = (
        "POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-signals-no\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 100000\r\n\r\n{{"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(2)
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


@pytest.mark.django_db
def test_a_large_body_that_is_refused_is_let_out_so_that_the_answer_is_read(
    server: Served,
) -> None:
    headers: dict[str, str | None] = {"Authorization": "Bearer no", "Content-Type": JSON}
    assert server.post(bytes(20_000_000), headers)[0] == 401


def test_whoever_holds_the_most_gives_up_the_oldest_first() -> None:
    async def fill() -> list[str]:
        room, told = Room(4 * LEAST), list[str]()

        async def hold(name: str, key: int) -> None:
            deadline = asyncio.timeout(20)
            try:
                with room.place(key, deadline):
                    async with deadline:
                        await asyncio.sleep(5)
            except TimeoutError:
                told.append(name)
            except NoRoom:
                told.append(f"no room for {name}")

        many = [asyncio.create_task(hold(f"slow {number}", 1)) for number in range(4)]
        await asyncio.sleep(0)
        others = [asyncio.create_task(hold(f"other {number}", 2)) for number in range(2)]
        await asyncio.sleep(0.05)
        for task in many + others:
            task.cancel()
        await asyncio.gather(*many, *others, return_exceptions=True)
        return told

    assert asyncio.run(fill()) == ["slow 0", "slow 1"]


def test_bodies_that_wait_whole_give_way_to_nobody() -> None:
    async def fill() -> None:
        room = Room(LEAST)
        first = asyncio.timeout(20)
        with room.place(1, first) as place:
            async with first:
                room.received(place, 10)
            room.finished(place)
            with pytest.raises(NoRoom), room.place(2, asyncio.timeout(20)):
                pass
        with room.place(2, asyncio.timeout(20)):
            pass

    asyncio.run(fill())


def test_room_that_was_held_for_more_than_came_is_free_once_the_body_is_whole() -> None:
    async def run() -> list[bool]:
        room = Room(10 * LEAST)
        deadline = asyncio.timeout(10)
        async with deadline:
            with room.place(1, deadline, 8 * LEAST) as place:
                reading = room.has(3 * LEAST)
                room.received(place, 2 * LEAST)
                room.finished(place)
                whole = room.has(8 * LEAST), room.has(9 * LEAST)
            return [reading, *whole, room.has(10 * LEAST)]

    assert asyncio.run(run()) == [False, True, False, True]
