"""The messages of one span, by the first convention that carries any."""

from __future__ import annotations

from traces.messages import tools
from traces.messages.conversation import Said, plain, said
from traces.messages.decoding.instances import is_spelling
from traces.messages.decoding.loose_values import Event, is_blank
from traces.messages.sources import SOURCES, Source
from traces.records import Attributes, Content


def read(attributes: Attributes, events: list[Event], kind: str) -> Content:
    """What a span of this kind (records.KINDS) says. Never raises on JSON values.

    Input and output are looked for apart: the first source of OTLP.md 1.2 that holds
    anything wins for its direction. The span of a tool gives one tool_call part in and
    one tool_result part out.
    """
    if kind == "tool":
        return tools.read(attributes, events)
    asked, asked_by = _first(attributes, events, "input")
    answered, answered_by = _first(attributes, events, "output")
    return Content(
        input=asked.messages,
        output=answered.messages,
        source=asked_by or answered_by,
        structured=asked.structured or answered.structured,
    )


def _first(attributes: Attributes, events: list[Event], direction: str) -> tuple[Said, str]:
    """The first source that says something; instructions alone stand before what the next says."""
    role = "user" if direction == "input" else "assistant"
    system, named = Said(), ""
    for source in SOURCES:
        found = _read(source, attributes, events, direction, role)
        if not found.messages:
            continue
        if all(message.role == "system" for message in found.messages):
            system, named = (system, named) if system.messages else (found, source.name)
            continue
        if found.messages[0].role != "system":
            found = Said(system.messages + found.messages, found.structured)
        return found, source.name
    return system, named


def _read(
    source: Source, attributes: Attributes, events: list[Event], direction: str, role: str
) -> Said:
    raw = (source.input if direction == "input" else source.output)(attributes, events)
    if is_blank(raw):
        return Said()
    is_text = isinstance(raw, str) and source.name == "input.value"
    if is_text and is_plain(attributes, direction) and not is_spelling(raw):
        return plain(raw, role)
    return said(raw, role)


def is_plain(attributes: Attributes, direction: str) -> bool:
    """Whether the sender declared text: then no JSON in it is taken for messages with roles."""
    return attributes.get(f"{direction}.mime_type") == "text/plain"
