"""Sends requests that are ready, over a few kept connections, and times each answer."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sent:
    """Times in seconds; statuses counts every answer, those that were tried again too."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def send_all(host: str, port: int, requests: list[bytes], connections: int) -> Sent:
    """Send each request until it is answered with 200; 503 is tried again as it says."""
    sent = Sent()
    lock = threading.Lock()
    queue = iter(requests)
    threads = [
        threading.Thread(target=_send, args=(host, port, queue, lock, sent))
        for _ in range(connections)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.seconds = time.perf_counter() - started
    return sent


def _send(host: str, port: int, queue: Iterator[bytes], lock: threading.Lock, sent: Sent) -> None:
    with socket.create_connection((host, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with lock:
                request = next(queue, None)
            if request is None:
                return
            status = 0
            while status != 200:
                started = time.perf_counter()
                connection.sendall(request)
                status = read_answer(connection)
                with lock:
                    sent.latencies.append(time.perf_counter() - started)
                    sent.statuses[status] += 1
                if status not in (200, 503):
                    raise RuntimeError(f"a request was answered with {status}")
                if status == 503:
                    time.sleep(1)


def read_answer(connection: socket.socket) -> int:
    """Read one answer with Content-Length to its end and return its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the server closed the connection")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split(b" ", 2)[1])
