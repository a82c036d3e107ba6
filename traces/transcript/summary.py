"""What a trace asks and answers in a line each, chosen as its transcript chooses."""

from __future__ import annotations

from traces import span_tree
from traces.records import Message, StoredSpan
from traces.transcript.entries import Entry
from traces.transcript.frames import Frame, frame_of
from traces.transcript.reading import of_trace
from traces.transcript.span_selection import cast
from traces.transcript.speaking_span import content_of

Words = tuple[str, str]  # asked, answered


def words_of_root(span: StoredSpan) -> Words | None:
    """The words of the root alone, where it says both; None where the trace must be read."""
    if span.kind in {"llm", "tool"}:
        return None
    frame = frame_of(span, content_of(span), None)
    if frame is None or not frame.asked or frame.answered is None:
        return None
    return _text(frame.asked[-1]), _text(frame.answered)


def words_of(spans: list[StoredSpan]) -> Words:
    """What the trace of these spans was asked last, and what it answered to that."""
    entries = of_trace(spans).entries
    frames = cast(span_tree.build(spans)).frames
    frame = next((one for one in reversed(frames) if one.asked), None)
    if frame is not None:
        return _text(frame.asked[-1]), _answer_in(frame, entries)
    said = [entry for entry in entries if entry.kind == "message" and not entry.is_context]
    asked = next((entry.text for entry in said if entry.is_by_user and entry.text), "")
    answered = frames[-1].answered if frames else None
    return asked, _text(answered) if answered else _latest(entries)


def _answer_in(frame: Frame, entries: list[Entry]) -> str:
    if frame.answered is not None:
        return _text(frame.answered)
    return _latest([entry for entry in entries if entry.start_ns >= frame.start])


def _latest(entries: list[Entry]) -> str:
    """The last words of the assistant; what it called where it said none."""
    new = [entry for entry in entries if not entry.is_context]
    for entry in reversed(new):
        if entry.kind == "message" and entry.role == "assistant" and entry.text.strip():
            return entry.text.strip()
    calls = [entry for entry in new if entry.kind == "tool_call"]
    return ", ".join(f"{call.name or 'tool'}({call.arguments})" for call in calls[-5:])


def _text(message: Message) -> str:
    return "\n".join(part.text for part in message.parts).strip()
