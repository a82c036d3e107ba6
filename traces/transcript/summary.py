"""What a trace asks and answers in a line each, chosen as its transcript chooses."""

from __future__ import annotations

from traces import span_tree
from traces.messages.repeats import remembered
from traces.records import Message, StoredSpan
from traces.transcript.entries import Entry
from traces.transcript.frames import Frame, frame_of
from traces.transcript.reading import of_trace
from traces.transcript.span_selection import select_spans
from traces.transcript.speaking_span import content_of

Words = tuple[str, str]  # question, answer


def words_of_root(span: StoredSpan) -> Words | None:
    """Return the words of the root alone, where it says both; None where the trace must be read."""
    if span.kind in {"llm", "tool"}:
        return None
    frame = frame_of(span, content_of(span), None)
    if frame is None or not frame.question or frame.answer is None:
        return None
    return _text(frame.question[-1]), _text(frame.answer)


def words_of(spans: list[StoredSpan]) -> Words:
    """Return what the trace of these spans was asked last, and what it answered to that."""
    with remembered():
        entries = of_trace(spans).entries
        frames = select_spans(span_tree.build(spans)).frames
    frame = next((f for f in reversed(frames) if f.question), None)
    if frame is not None:
        return _text(frame.question[-1]), _answer_in(frame, entries)
    messages = [entry for entry in entries if entry.kind == "message" and not entry.is_context]
    question = next((entry.text for entry in messages if entry.is_by_user and entry.text), "")
    answer = frames[-1].answer if frames else None
    return question, _text(answer) if answer else _latest(entries)


def _answer_in(frame: Frame, entries: list[Entry]) -> str:
    if frame.answer is not None:
        return _text(frame.answer)
    return _latest([entry for entry in entries if entry.start_ns >= frame.start])


def _latest(entries: list[Entry]) -> str:
    """Return the last words of the assistant; what it called where it said none."""
    new = [entry for entry in entries if not entry.is_context]
    for entry in reversed(new):
        if entry.kind == "message" and entry.role == "assistant" and entry.text.strip():
            return entry.text.strip()
    calls = [entry for entry in new if entry.kind == "tool_call"]
    return ", ".join(f"{call.name or 'tool'}({call.arguments})" for call in calls[-5:])


def _text(message: Message) -> str:
    return "\n".join(part.text for part in message.parts).strip()
