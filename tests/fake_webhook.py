"""A receiver of webhooks on loopback that does what a test tells it to.

with FakeWebhook() as receiver:
    receiver.use(settings)
    receiver.answer = Answer(410)
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Answer:
    """wait_s: before the first byte. drip_s: between single bytes of the head, for ever.
    cut: the connection breaks in the middle of the body. drop: it breaks before the first byte."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait_s: float = 0.0
    drip_s: float = 0.0
    cut: bool = False
    drop: bool = False


def told(status: int = 200, headers: dict[str, str] | None = None, **body: Any) -> Answer:
    """An answer in JSON."""
    given = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status, given, json.dumps(body).encode())


@dataclass
class Request:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    method: str = "POST"


class FakeServer:
    """`answer` is given to all, or a function of the request decides."""

    def __init__(self, answer: Answer | Callable[[Request], Answer] | None = None) -> None:
        self.answer: Answer | Callable[[Request], Answer] = answer or Answer()
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"fake": self})

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed, or has had enough, is no news."""

        self._server = Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def answer_to(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
        return self.answer(request) if callable(self.answer) else self.answer

    def wait(self, seconds: float) -> None:
        self._closing.wait(seconds)

    @property
    def is_closing(self) -> bool:
        return self._closing.is_set()


class FakeWebhook(FakeServer):
    def use(self, settings: Any) -> None:
        """Let this process call it, which is on loopback and speaks no TLS."""
        settings.OUTBOUND_ALLOW, settings.OUTBOUND_HTTP = ["127.0.0.1"], True

    @property
    def environment(self) -> dict[str, str]:
        """The same for processes that a test starts."""
        return {"OUTBOUND_ALLOW": "127.0.0.1", "OUTBOUND_HTTP": "true"}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = b"".join(self._pieces())
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.fake.answer_to(Request(self.path, headers, body, self.command))
        self.fake.wait(answer.wait_s)
        if answer.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._send(answer)

    do_GET = do_PATCH = do_POST

    def _pieces(self) -> Iterator[bytes]:
        """Yield the body, whose length stands in the head or before each piece."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, answer: Answer) -> None:
        head = {"Content-Length": str(len(answer.body)), **answer.headers}
        lines = [f"HTTP/1.1 {answer.status} Said"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        start = "\r\n".join(lines).encode() + b"\r\n\r\n"
        if answer.drip_s:
            self._drip(start.removesuffix(b"\r\n\r\n") + b"\r\nX-Slow: ", answer.drip_s)
        body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
        self.wfile.write(start + body)
        if answer.cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _drip(self, start: bytes, every_s: float) -> None:
        self.wfile.write(start)
        while not self.fake.is_closing:
            self.wfile.write(b"x")
            time.sleep(every_s)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""
