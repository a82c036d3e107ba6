"""Traceloop / OpenLLMetry `gen_ai.prompt.N.*`; LangSmith's whole run in `gen_ai.prompt`."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import Event
from traces.messages.dialects.genai import parts_or_text
from traces.messages.dialects.indexed_lists import rows
from traces.records import Attributes


def read_input(attributes: Attributes, events: list[Event]) -> Any:
    return _flattened(attributes, "gen_ai.prompt.", "user") or attributes.get("gen_ai.prompt")


def read_output(attributes: Attributes, events: list[Event]) -> Any:
    messages = _flattened(attributes, "gen_ai.completion.", "assistant")
    return messages or attributes.get("gen_ai.completion")


def _flattened(attributes: Attributes, prefix: str, role: str) -> list[dict[str, Any]]:
    return [_message(row, role) for row in rows(attributes, prefix)]


def _message(row: dict[str, Any], role: str) -> dict[str, Any]:
    given = row.get("role")
    content = parts_or_text(row.get("content"))
    lone = {key: row.get(f"function_call.{key}") for key in ("name", "arguments")}
    return {
        "role": given if isinstance(given, str) and given else role,
        "content": content["content"] if _is_wrapped(content) else content,
        "tool_call_id": row.get("tool_call_id"),
        "tool_calls": rows(row, "tool_calls."),
        "function_call": lone if lone["name"] else None,
        "finish_reason": row.get("finish_reason"),
    }


def _is_wrapped(content: Any) -> bool:
    return isinstance(content, dict) and "content" in content
