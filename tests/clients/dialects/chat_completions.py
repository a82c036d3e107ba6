"""OpenAI's `/v1/chat/completions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.clients.dialects.scenario import ERROR_TEXT, Reply


def _call(reply: Reply, arguments: str) -> dict[str, Any]:
    function = {"name": reply.tool, "arguments": arguments}
    return {"id": f"call_{reply.tool}", "type": "function", "function": function}


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(_role(each), str(each.get("content"))) for each in body["messages"]]


def _role(message: dict[str, Any]) -> str:
    """A tool's result is a user's observation where a client knows no tool messages."""
    text = str(message.get("content"))
    is_result = text.rfind("Observation:") > text.rfind("New task:")
    return "tool" if is_result else str(message["role"])


def error() -> dict[str, Any]:
    return {"error": {"message": ERROR_TEXT, "type": "invalid_request_error", "code": "closed"}}


def whole(reply: Reply, model: str, body: dict[str, Any]) -> dict[str, Any]:
    del body
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.is_call:
        message["tool_calls"] = [_call(reply, reply.arguments)]
    choice = {"index": 0, "finish_reason": _reason(reply), "message": message}
    return _frame("chat.completion", model) | {"choices": [choice], "usage": _usage(reply)}


def streamed(reply: Reply, model: str, body: dict[str, Any]) -> Iterator[Any]:
    frame = _frame("chat.completion.chunk", model)
    for piece in _pieces(reply):
        choice = {"index": 0, "finish_reason": None, "delta": {"role": "assistant"} | piece}
        yield frame | {"choices": [choice]}
    last = {"index": 0, "finish_reason": _reason(reply), "delta": {}}
    yield frame | {"choices": [last]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield frame | {"choices": [], "usage": _usage(reply)}
    yield "[DONE]"


def _pieces(reply: Reply) -> Iterator[dict[str, Any]]:
    """A call's arguments come in two pieces, as they do from OpenAI."""
    if not reply.is_call:
        yield from ({"content": word} for word in reply.words)
        return
    half = len(reply.arguments) // 2
    yield {"tool_calls": [_call(reply, "") | {"index": 0}]}
    for piece in (reply.arguments[:half], reply.arguments[half:]):
        yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _reason(reply: Reply) -> str:
    return "tool_calls" if reply.is_call else "stop"


def _frame(kind: str, model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1842", "object": kind, "created": 1_790_000_000, "model": model}


def _usage(reply: Reply) -> dict[str, int]:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }
