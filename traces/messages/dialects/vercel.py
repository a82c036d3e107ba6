"""Vercel AI SDK, the `ai.*` attributes of versions 3 to 6."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import Event, decode, decoded_list, is_blank
from traces.records import Attributes


def read_input(attributes: Attributes, events: list[Event]) -> Any:
    for key in ("ai.prompt.messages", "ai.prompt", "ai.value", "ai.values"):
        if not is_blank(attributes.get(key)):
            return attributes[key]
    return None


def read_output(attributes: Attributes, events: list[Event]) -> Any:
    """Return one assistant message from the pieces of the response (`ai.result.*` in old
    versions)."""
    parts: list[Any] = []
    reasoning = _piece(attributes, "reasoning")
    if not is_blank(reasoning):
        parts.append({"type": "reasoning", "text": reasoning})
    text = _piece(attributes, "text")
    if not is_blank(text):
        parts.append({"type": "text", "text": text})
    answer = decode(_piece(attributes, "object"))
    if not is_blank(answer):
        parts.append({"type": "json", "json": answer})
    calls = decoded_list(_piece(attributes, "toolCalls"))
    parts += [{**call, "type": "tool-call"} for call in calls if isinstance(call, dict)]
    reason = attributes.get("ai.response.finishReason")
    return [{"role": "assistant", "content": parts, "finish_reason": reason}] if parts else None


def _piece(attributes: Attributes, name: str) -> Any:
    piece = attributes.get(f"ai.response.{name}")
    return attributes.get(f"ai.result.{name}") if is_blank(piece) else piece
