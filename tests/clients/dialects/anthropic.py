"""Anthropic's `/v1/messages`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.clients.dialects.scenario import ARGUMENTS, ERROR_TEXT, TOOL, Reply


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(_role(each), json.dumps(each["content"])) for each in body["messages"]]


def _role(message: dict[str, Any]) -> str:
    """A tool's result is a user's message in this dialect."""
    content = message["content"]
    parts = content if isinstance(content, list) else []
    is_result = any(isinstance(p, dict) and p.get("type") == "tool_result" for p in parts)
    return "tool" if is_result else str(message["role"])


def error() -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": ERROR_TEXT}}


def whole(reply: Reply, model: str, body: dict[str, Any]) -> dict[str, Any]:
    del body
    return _frame(reply, model) | {
        "content": [_block(reply, json.loads(ARGUMENTS))],
        "stop_reason": _reason(reply),
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
    }


def streamed(reply: Reply, model: str, body: dict[str, Any]) -> Iterator[Any]:
    del body
    yield {"type": "message_start", "message": _frame(reply, model)}
    start = _block(reply, {}) | ({} if reply.is_call else {"text": ""})
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    for delta in _deltas(reply):
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": _reason(reply), "stop_sequence": None},
        "usage": {"output_tokens": reply.output_tokens},
    }
    yield {"type": "message_stop"}


def _deltas(reply: Reply) -> list[dict[str, Any]]:
    if reply.is_call:
        return [{"type": "input_json_delta", "partial_json": ARGUMENTS}]
    return [{"type": "text_delta", "text": word} for word in reply.words]


def _block(reply: Reply, arguments: dict[str, Any]) -> dict[str, Any]:
    if reply.is_call:
        return {"type": "tool_use", "id": "toolu_1842", "name": TOOL, "input": arguments}
    return {"type": "text", "text": reply.text}


def _reason(reply: Reply) -> str:
    return "tool_use" if reply.is_call else "end_turn"


def _frame(reply: Reply, model: str) -> dict[str, Any]:
    return {
        "id": "msg_1842",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": 0},
    }
