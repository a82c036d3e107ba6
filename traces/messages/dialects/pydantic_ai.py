"""Pydantic-AI and Logfire: the whole run on the agent span, `events` on model spans."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import Event, decode, is_blank
from traces.messages.message import role_of
from traces.records import Attributes


def read_input(attributes: Attributes, events: list[Event]) -> Any:
    history = _history(attributes)
    if history is not None:
        return history[:-1] if _ends_with_answer(history) else history
    listed = _events(attributes)
    if listed is not None:
        return [item for item in listed if not _is_choice(item)]
    return attributes.get("request_data")


def read_output(attributes: Attributes, events: list[Event]) -> Any:
    history = _history(attributes)
    if history is not None and _ends_with_answer(history):
        return history[-1:]
    if not is_blank(attributes.get("final_result")):
        return attributes["final_result"]
    listed = _events(attributes)
    if listed is not None:
        return [item for item in listed if _is_choice(item)]
    return attributes.get("response_data")


def _history(attributes: Attributes) -> list[Any] | None:
    for key in ("pydantic_ai.all_messages", "all_messages_events"):
        messages = decode(attributes.get(key))
        if isinstance(messages, list) and messages:
            return messages
    return None


def _events(attributes: Attributes) -> list[Any] | None:
    """Return Logfire's `events`: messages with `event.name`, the answer as `gen_ai.choice`."""
    events = decode(attributes.get("events"))
    if not isinstance(events, list):
        return None
    named = any(isinstance(item, dict) and "event.name" in item for item in events)
    return events if named else None


def _is_choice(item: Any) -> bool:
    return isinstance(item, dict) and item.get("event.name") == "gen_ai.choice"


def _ends_with_answer(history: list[Any]) -> bool:
    last = history[-1]
    return isinstance(last, dict) and role_of(last, "user") == "assistant"
