"""What was said: messages, tool calls and errors in their order, and one span as it was sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ninja import Schema

from api.shapes.traces import SpanRow, facts_of
from core.time_range.unix_time import moment_of
from teams.models import Project
from traces.models import Agent, Span
from traces.records import Message, Part, StoredSpan
from traces.transcript import Entry, Transcript, Turn, shown
from traces.transcript.speaking_span import content_of


class PartShape(Schema):
    """One piece of a message: text, reasoning, media, data, tool_call (its arguments as JSON
    text) or tool_result. left_out: characters that are missing at its end."""

    type: str
    text: str
    name: str | None = None
    id: str | None = None
    left_out: int = 0


class MessageShape(Schema):
    """One thing that was said or done. kind: message, tool_call or error; text: the words of a
    message without its reasoning, or of an error; null for a tool call, whose arguments and result
    are its parts. span_id: where it was read. turn: in the session, from 1. agent, to: where
    several agents took part. is_context: it was said before the request that this trace answers."""

    turn: int
    trace_id: str
    span_id: str
    role: str
    kind: str
    text: str | None
    parts: list[PartShape]
    name: str | None
    at: datetime
    agent: str | None
    to: str | None
    is_error: bool
    error: str
    is_context: bool


class ConversationShape(Schema):
    """is_cut: something is missing: entries in the middle of long turns (left_out), ends of long
    texts, or spans that were not read (omitted_spans). full=true shows all but the last."""

    messages: list[MessageShape]
    left_out: int
    omitted_spans: int
    is_cut: bool


class TurnsShape(ConversationShape):
    """Some turns of a session, oldest first. turns: of the whole session; next_cursor: for the
    turns before these."""

    turns: int
    next_cursor: str | None


class SentMessage(Schema):
    """A message as one span holds it."""

    role: str
    name: str | None
    finish_reason: str | None
    parts: list[PartShape]


class WholeSpan(SpanRow):
    """One span with all that was sent in it. input, output: its messages, as far as its
    attributes are known ones; source: by which convention."""

    trace_id: str
    status_message: str
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    links: list[dict[str, Any]]
    resource: dict[str, Any]
    scope: dict[str, Any]
    dropped_attributes: int
    sent_start: datetime | None
    sent_end: datetime | None
    source: str
    input: list[SentMessage]
    output: list[SentMessage]


def conversation_of(said: Transcript, whole: bool, first: int = 1) -> ConversationShape:
    """Return a transcript as messages. first: the number of its first turn."""
    messages: list[MessageShape] = []
    left_out = 0
    for number, turn in enumerate(said.turns, first):
        entries, missing = shown.ends_of(turn.entries, whole)
        messages += [_message(entry, number, turn, whole) for entry in entries]
        left_out += missing
    is_short = any(part.left_out for message in messages for part in message.parts)
    return ConversationShape(
        messages=messages,
        left_out=left_out,
        omitted_spans=said.omitted_spans,
        is_cut=bool(left_out or is_short or said.omitted_spans),
    )


def _message(entry: Entry, number: int, turn: Turn, whole: bool) -> MessageShape:
    parts = [_part(part, whole) for part in _parts(entry) if part.text]
    words = "\n".join(part.text for part in parts if part.type not in _UNSAID)
    if entry.kind == "error":
        words = entry.error
    return MessageShape(
        turn=turn.number or number,
        trace_id=entry.trace_id,
        span_id=entry.span_id,
        role=entry.role,
        kind=entry.kind,
        text=None if entry.kind == "tool_call" else words,
        parts=parts,
        name=entry.name,
        at=moment_of(entry.start_ns // 1000),
        agent=entry.agent_name,
        to=entry.counterpart,
        is_error=entry.is_error,
        error=shown.cut(entry.error, whole)[0],
        is_context=entry.is_context,
    )


_UNSAID = {"reasoning", "tool_call", "tool_result"}


def _parts(entry: Entry) -> Iterable[Part]:
    if entry.kind != "tool_call":
        return entry.parts
    call = Part("tool_call", entry.arguments, entry.name, entry.call_id)
    result = Part("tool_result", entry.result or "", entry.name, entry.call_id)
    return (call, result)


def _part(part: Part, whole: bool) -> PartShape:
    text, left_out = shown.cut(part.text, whole)
    return PartShape(type=part.type, text=text, name=part.name, id=part.id, left_out=left_out)


def span_of(project: Project, row: Span, stored: StoredSpan, depth: int) -> WholeSpan:
    """row, stored: the same span, narrow and as it was sent."""
    payload, content = stored.payload, content_of(stored)
    known = Agent.objects.filter(project=project).in_bulk([row.agent_id] if row.agent_id else [])
    return WholeSpan(
        **facts_of(row, known),
        depth=depth,
        trace_id=stored.trace_id,
        status_message=payload.get("status_message") or "",
        attributes=payload.get("attributes") or {},
        events=payload.get("events") or [],
        links=payload.get("links") or [],
        resource=payload.get("resource") or {},
        scope=payload.get("scope") or {},
        dropped_attributes=payload.get("dropped_attributes", 0),
        sent_start=_moment(payload.get("start_ns")),
        sent_end=_moment(payload.get("end_ns")),
        source=content.source,
        input=[_sent(message) for message in content.input],
        output=[_sent(message) for message in content.output],
    )


def _sent(message: Message) -> SentMessage:
    return SentMessage(
        role=message.role,
        name=message.name,
        finish_reason=message.finish_reason,
        parts=[_part(part, whole=True) for part in message.parts],
    )


def _moment(nanoseconds: int | None) -> datetime | None:
    """Return a time that was sent; None where none was. 64 bits of nanoseconds end in 2554."""
    return moment_of(nanoseconds // 1000) if nanoseconds else None
