"""Google's `…:generateContent` and `…:streamGenerateContent?alt=sse`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.clients.dialects.scenario import ARGUMENTS, ERROR_TEXT, TOOL, Reply


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(_role(each), json.dumps(each["parts"])) for each in body["contents"]]


def _role(content: dict[str, Any]) -> str:
    """A tool's result is a user's content in this dialect."""
    is_result = any("functionResponse" in part for part in content["parts"])
    return "tool" if is_result else str(content.get("role", "user"))


def error() -> dict[str, Any]:
    return {"error": {"code": 400, "message": ERROR_TEXT, "status": "FAILED_PRECONDITION"}}


def whole(reply: Reply, model: str, body: dict[str, Any]) -> dict[str, Any]:
    del body
    call = {"functionCall": {"name": TOOL, "args": json.loads(ARGUMENTS)}}
    part = call if reply.is_call else {"text": reply.text}
    return _answer(part, model, "STOP") | _ending(reply)


def streamed(reply: Reply, model: str, body: dict[str, Any]) -> Iterator[Any]:
    if reply.is_call:
        yield whole(reply, model, body)
        return
    *first, last = reply.words
    for word in first:
        yield _answer({"text": word}, model)
    yield _answer({"text": last}, model, "STOP") | _ending(reply)


def _answer(part: dict[str, Any], model: str, reason: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": [part]}}
    if reason:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], "modelVersion": model, "responseId": "resp-1842"}


def _ending(reply: Reply) -> dict[str, Any]:
    return {
        "usageMetadata": {
            "promptTokenCount": reply.input_tokens,
            "candidatesTokenCount": reply.output_tokens,
            "totalTokenCount": reply.input_tokens + reply.output_tokens,
        }
    }
