"""A model server on loopback that plays one conversation in the dialects of four vendors.

Asked anything with tools at hand, it calls `lookup_order`; given the tool's result, it answers;
asked to FAIL, it refuses with an error. Streamed where the request asks for a stream.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.dialects import anthropic, chat_completions, gemini, responses
from tests.clients.dialects.scenario import ERROR, FINAL, YES, Reply, reply_to
from tests.clients.loopback import Handler, serving

#: By what an address ends with or holds: the first that fits.
DIALECTS: list[tuple[str, Any]] = [
    ("/chat/completions", chat_completions),
    ("/responses", responses),
    ("/messages", anthropic),
    ("enerateContent", gemini),
]


class Dialogue(Handler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        dialect = next((found for sign, found in DIALECTS if sign in self.path), None)
        if dialect is None:
            return self._send(404, {"error": {"message": f"no door {self.path}"}})
        reply = reply_to(dialect.said(body))
        if reply is YES and '"final_answer"' in json.dumps(body.get("tools")):
            reply = FINAL
        if reply is ERROR:
            return self._send(400, dialect.error())
        model = str(body.get("model") or self.path.rpartition("/")[2].partition(":")[0])
        if body.get("stream") or "streamGenerateContent" in self.path:
            return self._stream(dialect.streamed, reply, model, body)
        return self._send(200, dialect.whole(reply, model, body))

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        self.answer(status, "application/json", json.dumps(answer).encode())

    def _stream(
        self, events: Callable[..., Iterator[Any]], reply: Reply, model: str, body: dict[str, Any]
    ) -> None:
        lines = []
        for event in events(reply, model, body):
            name = event.get("type") if isinstance(event, dict) else None
            data = event if isinstance(event, str) else json.dumps(event)
            lines.append((f"event: {name}\n" if name else "") + f"data: {data}\n\n")
        self.answer(200, "text/event-stream", "".join(lines).encode())


@contextmanager
def refund_model() -> Iterator[str]:
    """Serve while the context lasts; yield the address without a path."""
    with serving(Dialogue) as address:
        yield address
