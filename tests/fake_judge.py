"""A model server on loopback that does what a test tells it to: answers, stalls, breaks.

Threaded: each connection has a thread of its own, so that a slow answer holds up no other.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]


@dataclass
class Answer:
    """What to send back. text: the message's content; body replaces the whole answer.

    prompt_tokens: as the server counts them; None counts four characters to one.
    """

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    refusal: str | None = None
    finish: str = "stop"
    prompt_tokens: int | None = None
    wait_s: float = 0.0
    cut: bool = False  # close the connection in the middle of the body


def verdict(label: str, reason: str = "Because of the transcript.") -> Answer:
    return Answer(json.dumps({"reason": reason, "label": label}))


def error(status: int, message: str = "", code: str = "", **headers: str) -> Answer:
    told = {"error": {"message": message, "type": "error", "code": code or None}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=json.dumps(told).encode())


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: Body

    @property
    def text(self) -> str:
        return "\n".join(str(message["content"]) for message in self.body["messages"])

    @property
    def form(self) -> str:
        return str(self.body.get("response_format", {}).get("type", "plain"))


Script = Callable[[Request], Answer]


def first_label(request: Request) -> Answer:
    """The first label that the question names: what a well-behaved judge might say."""
    found = re.search(r"# Labels\n- ([^:\n]+)", str(request.body["messages"][1]["content"]))
    return verdict(found.group(1) if found else "true")


class FakeJudge:
    """`script` decides; a list of answers is given one after the other, the last for ever."""

    def __init__(self, script: Script | list[Answer] | None = None, latency_s: float = 0.0) -> None:
        self.script: Script | list[Answer] = script or first_label
        self.latency_s = latency_s
        self.requests: list[Request] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"judge": self})

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed is no news."""

        self._server = Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer_to(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            if isinstance(self.script, list):
                return self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return self.script(request)

    def enter(self) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)

    def leave(self) -> None:
        with self._lock:
            self._at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    judge: FakeJudge
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, json.loads(raw))
        self.judge.enter()
        try:
            answer = self.judge.answer_to(request)
            time.sleep(self.judge.latency_s + answer.wait_s)
        finally:
            self.judge.leave()
        self._send(answer, len(request.text))

    def _send(self, answer: Answer, sent_chars: int) -> None:
        body = completion(answer, sent_chars) if answer.body is None else answer.body
        head = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {answer.status} Said"]
        lines += [f"{name}: {value}" for name, value in (head | answer.headers).items()]
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        if answer.cut:
            self.wfile.write(whole[: len(whole) - len(body) // 2])
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.wfile.write(whole)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def completion(answer: Answer, sent_chars: int) -> bytes:
    """A thousand tokens for a short request, so that tests can name what is summed up."""
    message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
    counted = 1000 if sent_chars < 8000 else sent_chars // 4
    prompt_tokens = counted if answer.prompt_tokens is None else answer.prompt_tokens
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": 20,
        "total_tokens": prompt_tokens + 20,
        "prompt_tokens_details": {"cached_tokens": 800},
    }
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "fake",
            "choices": [{"index": 0, "message": message, "finish_reason": answer.finish}],
            "usage": usage,
        }
    ).encode()
