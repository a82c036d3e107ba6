"""What many large bodies hold in memory together, whoever sends them and through which door."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import grpc
import psutil
import pytest

from runner import web_server
from tests.server import Piece, free_port, test_database_url, wait_until
from tests.traces.receiving.served import Served, served
from traces.receiving.grpc_service import MAX_BYTES

pytestmark = pytest.mark.slow

MB = 1024 * 1024
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture
def server(transactional_db: None) -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def grpc_door(server: Served) -> Iterator[tuple[int, int]]:
    """(process, port)."""
    port = free_port()
    given = {"DATABASE_URL": test_database_url(), "OTLP_GRPC_PORT": str(port), "HOST": "127.0.0.1"}
    with Piece(web_server.grpc_command(), "grpc", given) as piece:
        wait_until(lambda: not web_server.is_free("127.0.0.1", port), 30)
        yield piece.pid, port


def held_mb(pid: int) -> float:
    process, held = psutil.Process(pid), 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            held += each.memory_info().rss
    return held / MB


def growth_mb(pid: int, count: int, send: Callable[[], object]) -> tuple[float, Counter[object]]:
    """By how much the process grows at most while so many send, and their answers."""
    answers: Counter[object] = Counter()
    threads = [threading.Thread(target=lambda: answers.update([send()])) for _ in range(count)]
    before = most = held_mb(pid)
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most = max(most, held_mb(pid))
        time.sleep(0.02)
    return most - before, answers


def post(port: int, key: str, size: int, path: str = "/v1/traces") -> str:
    """The status that is answered, without waiting for it before all is sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/x-protobuf\r\nContent-Length: {size}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode())
        with suppress(OSError):
            for _ in range(size // MB):
                connection.sendall(b"x" * MB)
        try:
            return connection.recv(12)[9:].decode()
        except OSError as error:
            return type(error).__name__


@pytest.mark.parametrize(("count", "most_mb"), [(8, 50), (100, 100), (500, 250)])
def test_large_bodies_with_made_up_keys_hold_little(
    server: Served, count: int, most_mb: int
) -> None:
    grown, answers = growth_mb(server.server.pid, count, lambda: post(server.port, "no", 30 * MB))
    assert answers == {"401": count}
    assert grown < most_mb


def test_large_bodies_for_pages_share_a_room(server: Served) -> None:
    address = "/api/public/scores"
    send = lambda: post(server.port, "no", 15 * MB, address)  # noqa: E731
    grown, answers = growth_mb(server.server.pid, 100, send)
    assert "503" in answers
    assert grown < 250


@pytest.mark.parametrize("is_known", [False, True])
def test_large_messages_by_grpc_share_a_room(
    server: Served, grpc_door: tuple[int, int], is_known: bool
) -> None:
    pid, port = grpc_door
    pairs = [("authorization", f"Bearer {server.key if is_known else 'no'}")]
    message = b"\x0a\x00" + b"\x7a\xf0\xff\xff\x05" + b"x" * (6 * 0x200000 - 16)  # one odd field

    def send() -> object:
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            try:
                return len(channel.unary_unary(EXPORT)(message, timeout=60, metadata=pairs))
            except grpc.RpcError as error:
                return error.code()

    assert len(message) < MAX_BYTES
    grown, answers = growth_mb(pid, 100, send)
    assert answers.total() == 100
    assert grown < (900 if is_known else 100)
    if not is_known:
        assert set(answers) == {grpc.StatusCode.UNAUTHENTICATED}
