"""OpenAI's `/v1/responses`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.clients.dialects.chat_completions import error as error
from tests.clients.dialects.scenario import ARGUMENTS, TOOL, Reply


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    given = body["input"]
    if isinstance(given, str):
        return [("user", given)]
    return [_one(item) for item in given]


def _one(item: dict[str, Any]) -> tuple[str, str]:
    if item.get("type") == "function_call_output":
        return "tool", str(item["output"])
    return str(item.get("role", "assistant")), str(item.get("content"))


def whole(reply: Reply, model: str, body: dict[str, Any]) -> dict[str, Any]:
    said = {"output": [_item(reply)], "usage": _usage(reply)}
    return _frame(model, "completed") | _repeated(body) | said


def streamed(reply: Reply, model: str, body: dict[str, Any]) -> Iterator[Any]:
    begun = _frame(model, "in_progress") | _repeated(body)
    events = [
        {"type": "response.created", "response": begun},
        *_events_of_item(reply, _item(reply)),
        {"type": "response.completed", "response": whole(reply, model, body)},
    ]
    for number, event in enumerate(events):
        yield event | {"sequence_number": number}


def _repeated(body: dict[str, Any]) -> dict[str, Any]:
    """What OpenAI's answer repeats of the request."""
    return {name: body[name] for name in ("instructions", "tools") if name in body}


def _events_of_item(reply: Reply, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = {"output_index": 0, "item_id": item["id"]}
    part = at | {"content_index": 0}
    blank_of: dict[str, Any] = {"arguments": ""} if reply.is_call else {"content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item | blank_of}
    if reply.is_call:
        yield at | {"type": "response.function_call_arguments.delta", "delta": ARGUMENTS}
        yield at | {"type": "response.function_call_arguments.done", "arguments": ARGUMENTS}
    else:
        blank = {"type": "output_text", "text": "", "annotations": []}
        yield part | {"type": "response.content_part.added", "part": blank}
        for word in reply.words:
            yield part | {"type": "response.output_text.delta", "delta": word, "logprobs": []}
        yield part | {"type": "response.output_text.done", "text": reply.text, "logprobs": []}
        yield part | {"type": "response.content_part.done", "part": item["content"][0]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _item(reply: Reply) -> dict[str, Any]:
    if reply.is_call:
        return {
            "type": "function_call",
            "id": "fc_1842",
            "call_id": "call_1842",
            "name": TOOL,
            "arguments": ARGUMENTS,
            "status": "completed",
        }
    return {
        "type": "message",
        "id": "msg_1842",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": reply.text, "annotations": []}],
    }


def _frame(model: str, status: str) -> dict[str, Any]:
    return {
        "id": "resp_1842",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
    }


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "input_tokens": reply.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }
