"""A model server on loopback that answers every chat completion with one tool call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.loopback import Handler, serving

ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "little-model-0901",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "I will look that up.",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "find_trains", "arguments": '{"to": "Bergen"}'},
                    }
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30},
}


class OneToolCall(Handler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, "application/json", json.dumps(ANSWER).encode())


@contextmanager
def model_server() -> Iterator[str]:
    """Serve while the context lasts; yield the base URL."""
    with serving(OneToolCall) as address:
        yield f"{address}/v1"
