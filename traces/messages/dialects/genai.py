"""OpenTelemetry GenAI: attributes, details events, and the older event per message."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import Event, decode, decoded_list, is_blank
from traces.records import Attributes

DETAILS_EVENT = "gen_ai.client.inference.operation.details"
_MESSAGE_EVENTS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
#: Every event that carries messages.
EVENTS = frozenset(
    {DETAILS_EVENT, "gen_ai.choice", "gen_ai.content.prompt", "gen_ai.content.completion"}
    | _MESSAGE_EVENTS.keys()
)


def read_input(attributes: Attributes, events: list[Event]) -> Any:
    asked = attributes.get("gen_ai.input.messages")
    if is_blank(asked):
        asked = attributes.get("gen_ai.input")
    instructions = attributes.get("gen_ai.system_instructions")
    if is_blank(instructions):
        return asked
    return _instructed([instructions], _as_messages(asked, "user"))


def read_output(attributes: Attributes, events: list[Event]) -> Any:
    answered = attributes.get("gen_ai.output.messages")
    return attributes.get("gen_ai.output") if is_blank(answered) else answered


def read_details_input(attributes: Attributes, events: list[Event]) -> Any:
    """All details events of the span together: Strands sends one for each kind of message."""
    found: list[Any] = []
    for held in _details(events):
        found += _as_messages(held.get("gen_ai.input.messages"), "user")
    given = [held.get("gen_ai.system_instructions") for held in _details(events)]
    return _instructed([one for one in given if not is_blank(one)], found)


def read_details_output(attributes: Attributes, events: list[Event]) -> Any:
    found: list[Any] = []
    for held in _details(events):
        found += _as_messages(held.get("gen_ai.output.messages"), "assistant")
    return found


def read_events_input(attributes: Attributes, events: list[Event]) -> Any:
    """`gen_ai.user.message` and its like, in the order sent; else `gen_ai.content.prompt`."""
    found = []
    for event in events:
        role = _MESSAGE_EVENTS.get(name_of(event))
        if role:
            found.append(message_of(held_by(event), role))
    return found or _older(events, "gen_ai.content.prompt", "gen_ai.prompt")


def read_events_output(attributes: Attributes, events: list[Event]) -> Any:
    found = []
    for event in events:
        if name_of(event) == "gen_ai.choice":
            found += choice_of(held_by(event))
    return found or _older(events, "gen_ai.content.completion", "gen_ai.completion")


def name_of(event: Event) -> str:
    name = event.get("name") if isinstance(event, dict) else None
    return name if isinstance(name, str) else ""


def held_by(event: Event) -> Attributes:
    held = event.get("attributes")
    return held if isinstance(held, dict) else {}


def message_of(held: Attributes, role: str) -> dict[str, Any]:
    """The attributes of one message event in the shape of an OpenAI message."""
    whole = decode(held.get("gen_ai.event.content"))  # Azure: the whole message as JSON
    if isinstance(whole, dict):
        return {"role": role, **whole}
    given = held.get("role")
    return {
        "role": given if isinstance(given, str) and given else role,
        "content": parts_or_text(held.get("content")),
        "name": held.get("name"),
        "tool_call_id": held.get("id"),
        "tool_calls": decoded_list(held.get("tool_calls")),
    }


def choice_of(held: Attributes) -> list[dict[str, Any]]:
    """The messages of one `gen_ai.choice` event: the answer, and Strands' result of a tool."""
    whole = decode(held.get("gen_ai.event.content"))
    said = whole.get("message") if isinstance(whole, dict) else parts_or_text(held.get("message"))
    if said is None:
        said = held.get("content")
    if not isinstance(said, dict):
        said = {"content": said, "tool_calls": decoded_list(held.get("tool_calls"))}
    found = [{"role": "assistant", "finish_reason": held.get("finish_reason"), **said}]
    result = held.get("tool.result")
    if not is_blank(result):
        found.append({"role": "tool", "content": parts_or_text(result)})
    return found


def parts_or_text(value: Any) -> Any:
    """Decoded JSON where it is a list of parts or a message; otherwise the text as it came."""
    found = decode(value)
    if isinstance(found, list) and found and all(isinstance(item, dict) for item in found):
        return found
    if isinstance(found, dict) and ("role" in found or "parts" in found or "content" in found):
        return found
    return found if isinstance(found, str) else value


def _details(events: list[Event]) -> list[Attributes]:
    return [held_by(event) for event in events if name_of(event) == DETAILS_EVENT]


def _instructed(instructions: list[Any], asked: list[Any]) -> list[Any]:
    """The messages after the instructions, less those that one of them says itself.

    OpenLIT sends a system message in both places.
    """
    said = {text for message in asked if _is_system(message) for text in _texts(message)}
    found = []
    for one in map(decode, instructions):
        parts = one if isinstance(one, list) else [one]
        new = [part for part in parts if not (texts := _texts(part)) or said.isdisjoint(texts)]
        if new:
            found.append({"role": "system", "content": new if isinstance(one, list) else one})
    return found + asked


def _is_system(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("system", "developer")


def _texts(value: Any, depth: int = 4) -> list[str]:
    """The texts of a part, or of a message in either shape."""
    if isinstance(value, str):
        return [value]
    if depth and isinstance(value, list):
        return [text for item in value for text in _texts(item, depth - 1)]
    if depth and isinstance(value, dict):
        held = (value.get(name) for name in ("parts", "content", "text"))
        return _texts(next((one for one in held if one), None), depth - 1)
    return []


def _as_messages(value: Any, role: str) -> list[Any]:
    """Messages as a list; truncated JSON and plain text as one message."""
    value = decode(value)
    if is_blank(value):
        return []
    if isinstance(value, list):
        return value
    return [value if isinstance(value, dict) else {"role": role, "content": value}]


def _older(events: list[Event], name: str, key: str) -> Any:
    held = (held_by(event).get(key) for event in events if name_of(event) == name)
    return next((value for value in held if not is_blank(value)), None)
