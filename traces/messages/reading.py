"""The messages of one span, by the first convention that carries any."""

from __future__ import annotations

from traces.messages import tools
from traces.messages.conversation import ReadMessages, plain_message, read_messages
from traces.messages.decoding.loose_values import Event, is_blank
from traces.messages.decoding.python_reprs import is_spelling
from traces.messages.sources import SOURCES, Source
from traces.records import Attributes, Content


def read(attributes: Attributes, events: list[Event], kind: str) -> Content:
    """Return what a span of this kind (records.KINDS) says. Never raises on JSON values.

    Input and output are looked for apart: the first of `sources.SOURCES` that holds anything wins
    for its direction. The span of a tool gives one tool_call part in and one tool_result part out.
    """
    if kind == "tool":
        return tools.read(attributes, events)
    inputs, input_source = _first(attributes, events, "input")
    outputs, output_source = _first(attributes, events, "output")
    return Content(
        input=inputs.messages,
        output=outputs.messages,
        source=input_source or output_source,
        structured=inputs.structured or outputs.structured,
    )


def _first(attributes: Attributes, events: list[Event], direction: str) -> tuple[ReadMessages, str]:
    """Return the messages of the first source that says something, and its name; instructions alone
    stand before what the next source says."""
    role = "user" if direction == "input" else "assistant"
    instructions, instructed_by = ReadMessages(), ""
    for source in SOURCES:
        reading = _read(source, attributes, events, direction, role)
        if not reading.messages:
            continue
        if all(message.role == "system" for message in reading.messages):
            if not instructions.messages:
                instructions, instructed_by = reading, source.name
            continue
        if reading.messages[0].role != "system":
            reading = ReadMessages(instructions.messages + reading.messages, reading.structured)
        return reading, source.name
    return instructions, instructed_by


def _read(
    source: Source, attributes: Attributes, events: list[Event], direction: str, role: str
) -> ReadMessages:
    raw = (source.input if direction == "input" else source.output)(attributes, events)
    if is_blank(raw):
        return ReadMessages()
    is_text = isinstance(raw, str) and source.name == "input.value"
    if is_text and is_plain(attributes, direction) and not is_spelling(raw):
        return plain_message(raw, role)
    return read_messages(raw, role)


def is_plain(attributes: Attributes, direction: str) -> bool:
    """Say whether the sender declared text: then no JSON in it is taken for messages with roles."""
    return attributes.get(f"{direction}.mime_type") == "text/plain"
