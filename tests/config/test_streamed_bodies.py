"""A body that a view reads while it arrives: within bounds, and only once somebody may send it."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.utils import timezone

from config.streamed_bodies import ArrivingBody, streams
from teams import keys
from teams.models import Project
from tests.server import WebServer, test_database_url
from tests.traces.arrivals import span
from tests.traces.uploading.files import otlp_line
from traces.models import Trace

Message = dict[str, Any]


def read_in_a_thread(
    pieces: list[Message], read: Callable[[ArrivingBody], Any], **bounds: Any
) -> Any:
    """Return what `read` does with a body of which these pieces arrive, and then nothing."""

    async def receive() -> Message:
        if not pieces:
            await asyncio.sleep(60)
        return pieces.pop(0)

    async def run() -> Any:
        return await asyncio.to_thread(read, ArrivingBody(receive, **bounds))

    return asyncio.run(run())


def piece(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def whole(body: ArrivingBody) -> list[bytes]:
    return list(iter(lambda: body.read(3), b""))


def test_a_body_is_read_in_pieces_as_they_arrive() -> None:
    pieces = [piece(b"abcd"), piece(b""), piece(b"ef", more=False)]
    assert read_in_a_thread(pieces, whole) == [b"abc", b"d", b"ef"]


def test_nothing_is_asked_for_before_it_is_read() -> None:
    pieces = [piece(b"abc"), piece(b"def", more=False)]
    assert read_in_a_thread(pieces, lambda body: body.read(3)) == b"abc"
    assert len(pieces) == 1


@pytest.mark.parametrize(
    ("pieces", "bounds", "error"),
    [
        ([piece(b"abc"), piece(b"def")], {"most": 5}, RequestDataTooBig),
        ([piece(b"abc", more=False)], {"most": 5, "declared": 6}, RequestDataTooBig),
        ([piece(b"abc")], {"piece_s": 0.05}, TimeoutError),
        ([piece(b"abc")], {"whole_s": 0.05}, TimeoutError),
        ([piece(b"abc"), {"type": "http.disconnect"}], {}, OSError),
    ],
    ids=["too large", "said to be too large", "a piece too late", "all too late", "hung up"],
)
def test_a_body_beyond_its_bounds_is_given_up(
    pieces: list[Message], bounds: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_in_a_thread(pieces, whole, **bounds)


def test_only_uploads_are_streamed() -> None:
    assert streams("/api/v1/uploads")
    assert not any(map(streams, ("/api/v1/uploads/", "/api/v1/traces", "/api/v1/uploads2")))


@pytest.fixture
def server(transactional_db: None) -> Iterator[WebServer]:
    with WebServer(test_database_url(), environment={"WEB_CONNECTIONS": "2"}) as started:
        yield started


@contextmanager
def sending(server: WebServer, secret: str) -> Iterator[http.client.HTTPConnection]:
    """Begin an upload of unknown length."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    client.putrequest("POST", "/api/v1/uploads")
    client.putheader("Authorization", f"Bearer {secret}")
    client.putheader("Transfer-Encoding", "chunked")
    client.endheaders()
    try:
        yield client
    finally:
        client.close()


def send(client: http.client.HTTPConnection, content: bytes) -> None:
    client.send(b"%x\r\n%s\r\n" % (len(content), content))


def answer(client: http.client.HTTPConnection) -> tuple[int, bytes]:
    response = client.getresponse()
    return response.status, response.read()


def memory_of(pid: int) -> int:
    """Bytes that a process and its children have in memory."""
    total = 0
    for each in Path("/proc").glob("[0-9]*"):
        try:
            fields = (each / "stat").read_text().rpartition(")")[2].split()
            if pid in (int(each.name), int(fields[1])):
                total += int(fields[21]) * 4096
        except (OSError, ValueError):
            continue
    return total


@pytest.mark.slow
def test_a_large_upload_is_stored_while_it_arrives_and_never_held(
    server: WebServer, project: Project
) -> None:
    _key, secret = keys.issue(project, "loader", None, now=timezone.now())
    before, most = memory_of(server.pid), 0
    blank = b" " * 65_535 + b"\n"
    with sending(server, secret) as client:
        send(client, otlp_line(span("first")))
        for number in range(3_200):  # 200 MiB
            send(client, blank)
            if number % 200 == 0:
                most = max(most, memory_of(server.pid))
        send(client, otlp_line(span("last")))
        client.send(b"0\r\n\r\n")
        status, said = answer(client)
    assert (status, b'"spans_accepted":2' in said) == (200, True), said
    assert Trace.objects.of_project(project.pk).count() == 2
    assert most - before < 80 * 1024 * 1024


@pytest.mark.slow
def test_a_stranger_is_refused_before_the_body_is_there(server: WebServer) -> None:
    with sending(server, "nobody's") as client:
        send(client, b"{")
        began = time.monotonic()
        assert answer(client)[0] == 401
        assert time.monotonic() - began < 10


@pytest.mark.slow
def test_slow_senders_hold_no_connection_to_the_database(
    server: WebServer, project: Project
) -> None:
    _key, secret = keys.issue(project, "loader", None, now=timezone.now())
    with ExitStack() as several:
        for _ in range(3):
            send(several.enter_context(sending(server, secret)), otlp_line(span("begun")))
        time.sleep(1)
        other = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        other.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
        assert other.getresponse().status == 200
        other.close()
