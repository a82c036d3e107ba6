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
    messages = attributes.get("gen_ai.input.messages")
    if is_blank(messages):
        messages = attributes.get("gen_ai.input")
    instructions = attributes.get("gen_ai.system_instructions")
    if is_blank(instructions):
        return messages
    return _instructed([instructions], _as_messages(messages, "user"))


def read_output(attributes: Attributes, events: list[Event]) -> Any:
    messages = attributes.get("gen_ai.output.messages")
    return attributes.get("gen_ai.output") if is_blank(messages) else messages


def read_details_input(attributes: Attributes, events: list[Event]) -> Any:
    """Return the messages of all details events of the span together: Strands sends one for each
    kind of message."""
    messages: list[Any] = []
    for held in _details(events):
        messages += _as_messages(held.get("gen_ai.input.messages"), "user")
    given = [held.get("gen_ai.system_instructions") for held in _details(events)]
    return _instructed(
        [instructions for instructions in given if not is_blank(instructions)], messages
    )


def read_details_output(attributes: Attributes, events: list[Event]) -> Any:
    messages: list[Any] = []
    for held in _details(events):
        messages += _as_messages(held.get("gen_ai.output.messages"), "assistant")
    return messages


def read_events_input(attributes: Attributes, events: list[Event]) -> Any:
    """Return `gen_ai.user.message` and its like, in the order sent; else
    `gen_ai.content.prompt`."""
    messages = []
    for event in events:
        role = _MESSAGE_EVENTS.get(name_of(event))
        if role:
            messages.append(message_of(attributes_of(event), role))
    return messages or _older(events, "gen_ai.content.prompt", "gen_ai.prompt")


def read_events_output(attributes: Attributes, events: list[Event]) -> Any:
    messages = []
    for event in events:
        if name_of(event) == "gen_ai.choice":
            messages += choice_of(attributes_of(event))
    return messages or _older(events, "gen_ai.content.completion", "gen_ai.completion")


def name_of(event: Event) -> str:
    name = event.get("name") if isinstance(event, dict) else None
    return name if isinstance(name, str) else ""


def attributes_of(event: Event) -> Attributes:
    held = event.get("attributes")
    return held if isinstance(held, dict) else {}


def message_of(held: Attributes, role: str) -> dict[str, Any]:
    """Return the attributes of one message event in the shape of an OpenAI message."""
    content = decode(held.get("gen_ai.event.content"))  # Azure: the whole message as JSON
    if isinstance(content, dict):
        return {"role": role, **content}
    given = held.get("role")
    return {
        "role": given if isinstance(given, str) and given else role,
        "content": parts_or_text(held.get("content")),
        "name": held.get("name"),
        "tool_call_id": held.get("id"),
        "tool_calls": decoded_list(held.get("tool_calls")),
    }


def choice_of(held: Attributes) -> list[dict[str, Any]]:
    """Return the messages of one `gen_ai.choice` event: the answer, and Strands' result of a
    tool."""
    content = decode(held.get("gen_ai.event.content"))
    message = (
        content.get("message") if isinstance(content, dict) else parts_or_text(held.get("message"))
    )
    if message is None:
        message = held.get("content")
    if not isinstance(message, dict):
        message = {"content": message, "tool_calls": decoded_list(held.get("tool_calls"))}
    messages = [{"role": "assistant", "finish_reason": held.get("finish_reason"), **message}]
    result = held.get("tool.result")
    if not is_blank(result):
        messages.append({"role": "tool", "content": parts_or_text(result)})
    return messages


def parts_or_text(value: Any) -> Any:
    """Return decoded JSON where it is a list of parts or a message; otherwise the text as it
    came."""
    decoded = decode(value)
    if isinstance(decoded, list) and decoded and all(isinstance(item, dict) for item in decoded):
        return decoded
    if isinstance(decoded, dict) and (
        "role" in decoded or "parts" in decoded or "content" in decoded
    ):
        return decoded
    return decoded if isinstance(decoded, str) else value


def _details(events: list[Event]) -> list[Attributes]:
    return [attributes_of(event) for event in events if name_of(event) == DETAILS_EVENT]


def _instructed(instructions: list[Any], messages: list[Any]) -> list[Any]:
    """Return the messages after the instructions, less those that one of them says itself.

    OpenLIT sends a system message in both places.
    """
    repeated = {text for message in messages if _is_system(message) for text in _texts(message)}
    system = []
    for instruction in map(decode, instructions):
        parts = instruction if isinstance(instruction, list) else [instruction]
        new = [part for part in parts if not (texts := _texts(part)) or repeated.isdisjoint(texts)]
        if new:
            system.append(
                {"role": "system", "content": new if isinstance(instruction, list) else instruction}
            )
    return system + messages


def _is_system(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("system", "developer")


def _texts(value: Any, depth: int = 4) -> list[str]:
    """Return the texts of a part, or of a message in either shape."""
    if isinstance(value, str):
        return [value]
    if depth and isinstance(value, list):
        return [text for item in value for text in _texts(item, depth - 1)]
    if depth and isinstance(value, dict):
        held = (value.get(name) for name in ("parts", "content", "text"))
        return _texts(next((inner for inner in held if inner), None), depth - 1)
    return []


def _as_messages(value: Any, role: str) -> list[Any]:
    """Return messages as a list; truncated JSON and plain text as one message."""
    value = decode(value)
    if is_blank(value):
        return []
    if isinstance(value, list):
        return value
    return [value if isinstance(value, dict) else {"role": role, "content": value}]


def _older(events: list[Event], name: str, key: str) -> Any:
    held = (attributes_of(event).get(key) for event in events if name_of(event) == name)
    return next((value for value in held if not is_blank(value)), None)
