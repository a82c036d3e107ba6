"""One span that is read, and what it says."""

from __future__ import annotations

from dataclasses import dataclass

from core import time_limit
from traces import messages
from traces.records import Attributes, Content, Message, Part, StoredSpan


@dataclass(slots=True)
class Speaker:
    """A span, its messages, and the agent that it belongs to."""

    span: StoredSpan
    content: Content
    agent_name: str | None = None
    client: str | None = None  # the agent that this one works for


def content_of(span: StoredSpan) -> Content:
    """Return the messages of a stored span, without what a framework handed on in its own spelling.

    Raises TookTooLong where whoever reads the transcript has set a limit of time.
    """
    time_limit.check()
    events = span.payload.get("events")
    listed = events if isinstance(events, list) else []
    content = messages.read(attributes_of(span), listed, span.kind)
    inputs, outputs = without_raw(content.input), without_raw(content.output)
    if inputs is content.input and outputs is content.output:
        return content
    source = content.source if inputs or outputs else ""
    return Content(inputs, outputs, source, content.structured and bool(source))


def is_declaring(span: StoredSpan) -> bool:
    """Say whether a span carries the input or the output of its whole trace."""
    return not _DECLARED.isdisjoint(attributes_of(span))


_DECLARED = frozenset({"langfuse.trace.input", "langfuse.trace.output"})


def declared_by(spans: list[StoredSpan], direction: str) -> Content:
    """Return the input or the output (`direction`) that was declared last for the trace."""
    key = f"langfuse.trace.{direction}"
    for span in reversed(spans):
        value = attributes_of(span).get(key)
        content = messages.read({key: value}, [], "agent") if value is not None else Content()
        if content.input or content.output:
            return Content(
                without_raw(content.input),
                without_raw(content.output),
                content.source,
                content.structured,
            )
    return Content()


def without_raw(listed: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages without parts that are no words; the same object where there are none."""
    if not any(part.type == "raw" for message in listed for part in message.parts):
        return listed
    kept = []
    for message in listed:
        parts = tuple(part for part in message.parts if part.type != "raw")
        if parts:
            kept.append(Message(message.role, parts, message.name, message.finish_reason))
    return tuple(kept)


def call_of(span: StoredSpan, content: Content) -> Part:
    """Return the call that a tool's span carried out: at least its name."""
    if content.input:
        call = content.input[0].parts[0]
        name, call_id = call.name, call.id
    else:
        call = Part("tool_call", "")
        name, call_id = messages.name_and_id(attributes_of(span))
    return Part("tool_call", call.text, name or span.name.removeprefix("execute_tool "), call_id)


def attributes_of(span: StoredSpan) -> Attributes:
    attributes = span.payload.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def by_start(speaker: Speaker) -> tuple[int, int]:
    return speaker.span.start_ns, -speaker.span.end_ns
