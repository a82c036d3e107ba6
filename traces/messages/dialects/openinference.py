"""OpenInference: flattened `llm.input_messages.N.message.*`, prompts and choices."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import Event, decode
from traces.messages.dialects.indexed_lists import rows
from traces.records import Attributes


def read_input(attributes: Attributes, events: list[Event]) -> Any:
    return (
        _flattened(attributes, "llm.input_messages.")
        or decode(attributes.get("llm.input_messages"))
        or [row.get("prompt.text") for row in rows(attributes, "llm.prompts.")]
        or decode(attributes.get("llm.prompts"))
    )


def read_output(attributes: Attributes, events: list[Event]) -> Any:
    return (
        _flattened(attributes, "llm.output_messages.")
        or decode(attributes.get("llm.output_messages"))
        or [row.get("completion.text") for row in rows(attributes, "llm.choices.")]
    )


def _flattened(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    return [message_of(row) for row in rows(attributes, prefix)]


def message_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return one flattened message ({"message.role": ..., ...}) in the shape of an OpenAI
    message."""
    lone = {
        "name": row.get("message.function_call_name"),
        "arguments": row.get("message.function_call_arguments_json"),
    }
    return {
        "role": row.get("message.role", ""),
        "content": _content(row),
        "name": row.get("message.name"),
        "tool_call_id": row.get("message.tool_call_id"),
        "tool_calls": [_call(call) for call in rows(row, "message.tool_calls.")],
        "function_call": lone if lone["name"] else None,
        "finish_reason": row.get("message.finish_reason"),
    }


def _content(row: dict[str, Any]) -> Any:
    """Return the list of contents; else the plain content. Some senders write both, saying the
    same."""
    return [_part(part) for part in rows(row, "message.contents.")] or row.get("message.content")


def _part(row: dict[str, Any]) -> dict[str, Any]:
    url = row.get("message_content.image.image.url") or row.get("message_content.image.url")
    sound = row.get("message_content.audio.audio.url") or row.get("message_content.audio.url")
    if url or sound:
        return {
            "type": "uri",
            "modality": "image" if url else "audio",
            "mime_type": row.get("message_content.audio.audio.mime_type"),
            "uri": url or sound,
        }
    kind = row.get("message_content.type") or "text"
    held = {
        key.removeprefix("message_content."): value
        for key, value in row.items()
        if key.startswith("message_content.")
    }
    return {**held, "type": kind}


def _call(row: dict[str, Any]) -> dict[str, Any]:
    """Return one tool call; instrumentors leave out arguments that are empty."""
    return {
        "id": row.get("tool_call.id"),
        "name": row.get("tool_call.function.name"),
        "arguments": row.get("tool_call.function.arguments", "{}"),
    }
