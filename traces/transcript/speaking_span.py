"""One span that is read, and what it says."""

from __future__ import annotations

from dataclasses import dataclass

from core import time_limit
from traces import messages
from traces.records import Attributes, Content, Message, Part, StoredSpan


@dataclass(slots=True)
class Speaker:
    span: StoredSpan
    content: Content
    agent_name: str | None = None
    client: str | None = None  # the agent that this one works for
    is_echo: bool = False  # what it puts out may have been said already


def content_of(span: StoredSpan) -> Content:
    """The messages of a stored span, without what a framework handed on in its own spelling.

    Raises TookTooLong where whoever reads the transcript has set a limit of time.
    """
    time_limit.check()
    events = span.payload.get("events")
    listed = events if isinstance(events, list) else []
    found = messages.read(attributes_of(span), listed, span.kind)
    said, answered = without_raw(found.input), without_raw(found.output)
    if said is found.input and answered is found.output:
        return found
    source = found.source if said or answered else ""
    return Content(said, answered, source, found.structured and bool(source))


def is_declaring(span: StoredSpan) -> bool:
    """Whether a span carries the input or the output of its whole trace."""
    return not _DECLARED.isdisjoint(attributes_of(span))


_DECLARED = frozenset({"langfuse.trace.input", "langfuse.trace.output"})


def declared_by(spans: list[StoredSpan], direction: str) -> Content:
    """What was declared last for the trace."""
    key = f"langfuse.trace.{direction}"
    for span in reversed(spans):
        value = attributes_of(span).get(key)
        found = messages.read({key: value}, [], "agent") if value is not None else Content()
        if found.input or found.output:
            return Content(
                without_raw(found.input), without_raw(found.output), found.source, found.structured
            )
    return Content()


def without_raw(listed: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same messages where none holds a part that is no words."""
    if not any(part.type == "raw" for message in listed for part in message.parts):
        return listed
    kept = []
    for message in listed:
        parts = tuple(part for part in message.parts if part.type != "raw")
        if parts:
            kept.append(Message(message.role, parts, message.name, message.finish_reason))
    return tuple(kept)


def call_of(span: StoredSpan, content: Content) -> Part:
    """The call that a tool's span carried out: at least its name."""
    if content.input:
        asked = content.input[0].parts[0]
        name, call_id = asked.name, asked.id
    else:
        asked = Part("tool_call", "")
        name, call_id = messages.name_and_id(attributes_of(span))
    return Part("tool_call", asked.text, name or span.name.removeprefix("execute_tool "), call_id)


def attributes_of(span: StoredSpan) -> Attributes:
    attributes = span.payload.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def by_start(speaker: Speaker) -> tuple[int, int]:
    return speaker.span.start_ns, -speaker.span.end_ns
