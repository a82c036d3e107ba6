"""The transcript of a span, a trace or a session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from traces import span_tree
from traces.messages.repeats import remembered
from traces.records import StoredSpan
from traces.transcript.deduplication import Deduplication
from traces.transcript.drafts import Draft, entries_of
from traces.transcript.entries import Transcript, Turn
from traces.transcript.span_selection import MAX_PARTS, select_spans
from traces.transcript.speaking_span import Speaker, content_of

#: Spans of one transcript. Of more, those in the middle are left out: how a conversation
#: began and how it ended says most about it.
MAX_SPANS: Final = 20_000


def of_span(span: StoredSpan) -> Transcript:
    """Return what one span says: its messages in and out, its call and result if it is a tool's."""
    speaker = Speaker(span, content_of(span), span.agent_name)
    is_tool = span.kind == "tool"
    drafts = Deduplication().turn(
        [] if is_tool else [speaker],
        [speaker] if is_tool else [],
        [span] if span.is_error else [],
    )
    return Transcript([Turn(span.trace_id, span.start_ns, entries_of(drafts))])


def of_trace(spans: list[StoredSpan]) -> Transcript:
    """Return the conversation of one trace: each message once, tools with their results, errors."""
    return of_session([spans])


def of_session(traces: list[list[StoredSpan]]) -> Transcript:
    """Return the conversation of a session: one turn for each trace, by start.

    A turn shows what it adds: history that a later trace repeats is left out.
    """
    kept, omitted = _bounded(sorted((spans for spans in traces if spans), key=_start))
    builder = _TranscriptBuilder(omitted)
    with remembered():
        for spans in kept:
            builder.add(spans)
    return builder.transcript()


@dataclass(frozen=True, slots=True)
class ReadTurn:
    """One trace of a long session. is_after_gap: turns right before it were not read, of at
    least `unread_chars` characters."""

    number: int
    spans: list[StoredSpan]
    is_after_gap: bool = False
    unread_chars: int = 0


def of_long_session(turns: Iterable[ReadTurn]) -> Transcript:
    """Return the conversation of a session of which some turns were not read, in order.

    What a turn repeats of those is left out, since it would stand under the wrong number. The
    payloads of the spans are let go turn by turn: do not use them afterwards.
    """
    builder = _TranscriptBuilder()
    with remembered():
        for turn in turns:
            if turn.spans:
                builder.add(turn.spans, turn)
                for span in turn.spans:
                    span.payload = {}
    return builder.transcript()


class _TranscriptBuilder:
    """Turns one after the other, with what is spent on them."""

    def __init__(self, omitted: int = 0) -> None:
        self._deduplication, self._budget, self._omitted = Deduplication(), MAX_PARTS, omitted
        self._turns: list[tuple[Turn, list[Draft]]] = []

    def add(self, spans: list[StoredSpan], read: ReadTurn | None = None) -> None:
        """Add the spans of one trace as the next turn."""
        selected = select_spans(span_tree.build(spans), max(self._budget, 0))
        self._budget -= sum(_cost(speaker) for speaker in selected.speakers)
        self._omitted += selected.omitted
        drafts = self._deduplication.turn(
            selected.speakers, selected.tools, selected.failed, selected.frames
        )
        turn = Turn(spans[0].trace_id, _start(spans), [])
        if read is not None:
            turn = replace(turn, number=read.number, unread_chars=read.unread_chars)
        if read is not None and read.is_after_gap:
            drafts = [draft for draft in drafts if not draft.is_context]
        self._turns.append((turn, drafts))

    def transcript(self) -> Transcript:
        """Return the transcript of all turns that were added; no turn may be added afterwards,
        since it might hold the result of a call."""
        turns = [replace(turn, entries=entries_of(drafts)) for turn, drafts in self._turns]
        return Transcript(turns, self._omitted)


def _bounded(traces: list[list[StoredSpan]]) -> tuple[list[list[StoredSpan]], int]:
    """Return the traces without the spans in the middle that are more than `MAX_SPANS`, and how
    many these are."""
    extra = sum(map(len, traces)) - MAX_SPANS
    if extra <= 0:
        return traces, 0
    first, last, position = MAX_SPANS // 2, MAX_SPANS // 2 + extra, 0
    kept: list[list[StoredSpan]] = []
    for spans in traces:
        ordered = sorted(spans, key=_when)
        begin, end = max(0, first - position), max(0, last - position)
        position += len(ordered)
        left = ordered[:begin] + ordered[end:] if begin < end else ordered
        if left:
            kept.append(left)
    return kept, extra


def _cost(speaker: Speaker) -> int:
    return 1 + sum(len(message.parts) for message in speaker.content.input + speaker.content.output)


def _start(spans: list[StoredSpan]) -> int:
    return min(span.start_ns for span in spans)


def _when(span: StoredSpan) -> int:
    return span.start_ns
