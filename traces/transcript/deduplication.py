"""From spans that repeat each other to entries that say each thing once.

Every model call repeats the history. A part of a message counts as repeated when it has
already been met as often as this call holds it, so that a user who says "yes" twice is
read twice. What a call puts out is always new. An example, the calls of two traces:

    trace 1, call 1   in:  user "Where is order 7?"
                      out: look_up({"id": 7}) with the id c1
             call 2   in:  user "Where is order 7?", look_up c1, result of c1 "in Bremen"
                      out: "In Bremen."
    trace 2, call 3   in:  all of the above, "In Bremen.", user "Yes?"
                      out: "Yes."

1. Call 1: both messages are new, two drafts.
2. Call 2: the question and look_up have been met once and stand here once: repeated. The result
   fills in the draft of c1; it makes none of its own. "In Bremen." is the third draft.
3. The tool's own span, if there is one, gives the draft of c1 its span, times and failure.
4. Call 3 begins with all that call 2 was told, the same objects (`messages.repeats`), so that it
   is looked at from there on. "In Bremen." is repeated. "Yes?" is the latest question of a later
   trace: new in any case, also if the user had said it before.
5. Had trace 1 not been read, all before "Yes?" would be drafts with `is_context`: it happened
   before the request that trace 2 answers.

The frames come after the calls of a trace: an agent's own question and answer are looked for
among its drafts and added only where no call has said them.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass, replace

from core import time_limit
from traces.records import Message, Part, StoredSpan
from traces.transcript.calls import Calls
from traces.transcript.drafts import Draft, by_time, context_first
from traces.transcript.frames import Frame
from traces.transcript.framing import Framing
from traces.transcript.speaking_span import Speaker, call_of

Key = tuple[str, str, str | None, int]


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a model call was told: its messages, how often each part stands in them, and which
    of them are results."""

    messages: tuple[Message, ...]
    counts: Counter[Key]
    results: list[Part]


class Deduplication:
    """The traces of one conversation, in order, each made into the entries of a turn."""

    def __init__(self) -> None:
        self._met: Counter[Key] = Counter()
        self._draft_of: dict[Key, Draft] = {}
        self._digests: dict[str, int] = {}
        self._is_first_turn = True
        self._is_history = False
        self._heard: dict[str | None, _Heard] = {}  # by agent
        self._latest = 0  # no draft stands at a later moment
        self._calls = Calls()
        self._start_turn()

    def turn(
        self,
        speakers: list[Speaker],
        tools: list[Speaker],
        failed: list[StoredSpan],
        frames: list[Frame] | None = None,
    ) -> list[Draft]:
        """Return the drafts of one trace, without what earlier turns have shown. They stay
        unfinished until the end: a later turn may hold the result of a call."""
        question = next((frame.question[0] for frame in frames or () if frame.question), None)
        self._start_turn(question)
        for number, speaker in enumerate(speakers):
            self._add(speaker, is_news=number == 0 and not self._is_first_turn)
        if frames:
            self._frame(frames)
            self._latest = max(self._latest, *(frame.end for frame in frames))
        self._add_tools(tools)
        self._add_errors(failed)
        self._is_first_turn = False
        self._drafts.sort(key=context_first if self._has_late_history else by_time)
        return self._drafts

    def _start_turn(self, question: Message | None = None) -> None:
        self._drafts: list[Draft] = []
        self._calls.start_turn()
        self._answers: dict[tuple[Key, ...], StoredSpan] = {}
        self._by_span: dict[str, Draft] = {}
        # what the trace answers
        self._request: Key | None = self._first_key(question) if question else None
        self._requested_at: int | None = None  # when that was said first
        self._has_late_history = False  # read behind the request

    def _frame(self, frames: list[Frame]) -> None:
        """Add what the agents themselves were asked and answered, where no model call has said
        it."""
        framing = Framing(self._drafts, self._digest)
        for frame in frames:
            speaker = Speaker(frame.span, frame.content, frame.agent_name)
            local: Counter[Key] = Counter()
            for message in frame.history:
                is_known = message.role == "system" and framing.has_system
                if not is_known:
                    self._is_history = message.role != "system"
                    self._add_message(speaker, message, frame.start, local, False, rank=-2)
            self._is_history = False
            for message in frame.question:
                if not framing.claim_question(message, frame):
                    self._add_message(speaker, message, frame.start, local, True, rank=-1)
                    self._put_history_before(frame)
        framing.mark_prompts(frames)
        for frame in frames:
            if frame.answer and not framing.claim_answer(frame.answer, frame):
                speaker = Speaker(frame.span, frame.content, frame.agent_name)
                self._add_message(speaker, frame.answer, frame.end, Counter(), True, rank=1)

    def _put_history_before(self, frame: Frame) -> None:
        """Move what a model call repeats before the question of its run, which the call was not
        given."""
        if self._has_late_history:
            return
        self._has_late_history = True
        for draft in self._drafts:
            if draft.is_context:
                draft.when = min(draft.when, frame.start)

    def _add(self, speaker: Speaker, is_news: bool) -> None:
        time_limit.check()
        inputs, outputs = speaker.content.input, speaker.content.output
        start, end = speaker.span.start_ns, max(speaker.span.start_ns, speaker.span.end_ns)
        news = _latest_question(inputs) if is_news else len(inputs)
        request = self._place_of_request(inputs)
        heard = self._repeated(speaker, news)
        local = heard.counts.copy() if heard else Counter[Key]()
        for position in range(len(heard.messages) if heard else 0, len(inputs)):
            message = inputs[position]
            is_new = position >= news and message.role == "user"
            self._is_history = position < request and message.role != "system"
            self._add_message(speaker, message, start, local, is_new)
        self._is_history = False
        self._remember(speaker, local)
        if self._requested_at is None and request < len(inputs):
            self._request = self._request or self._first_key(inputs[request])
            self._requested_at = start
        if any(message.role != "assistant" for message in outputs):
            local = Counter()  # the whole state of the run: history that includes the input
            request = self._place_of_request(outputs)
            for position, message in enumerate(outputs):
                self._is_history = position < request and message.role != "system"
                self._add_message(speaker, message, end, local, False)
            self._is_history = False
        elif not self._is_repeated(speaker, outputs):
            for message in outputs:
                self._add_message(speaker, self._without_stale(message, local), end, local, True)

    def _repeated(self, speaker: Speaker, news: int) -> _Heard | None:
        """Return what the agent's call before was told, where this call begins with all of it and
        reading it again would change nothing: no draft stands later than this call, and no open
        call waits for one of its results."""
        heard = self._heard.get(speaker.agent_name)
        inputs = speaker.content.input
        if heard is None or len(heard.messages) > min(news, len(inputs)):
            return None
        if speaker.span.start_ns < self._latest or any(map(self._calls.awaits, heard.results)):
            return None
        is_same = all(map(operator.is_, heard.messages, inputs))
        return heard if is_same else None

    def _remember(self, speaker: Speaker, counts: Counter[Key]) -> None:
        inputs = speaker.content.input
        results = [
            part for message in inputs for part in message.parts if part.type == "tool_result"
        ]
        self._heard[speaker.agent_name] = _Heard(inputs, counts.copy(), results)

    def _without_stale(self, message: Message, local: Counter[Key]) -> Message:
        """Return an answer without the calls of the answer before it: ADK writes both on one
        span."""
        if all(part.type == "tool_call" for part in message.parts):
            return message
        kept = tuple(
            part
            for part in message.parts
            if part.type != "tool_call" or part.id or not local[self._key(message.role, part)]
        )
        return replace(message, parts=kept)

    def _place_of_request(self, messages: tuple[Message, ...]) -> int:
        """Return where in these messages the request stands that the trace answers: what is before
        it happened in earlier turns. Where it is not among them, what they themselves ask last."""
        for position in range(len(messages) - 1, -1, -1):
            if self._request is not None and self._first_key(messages[position]) == self._request:
                return position
        position = len(messages)
        while position and messages[position - 1].role != "user":
            position -= 1
        return _latest_question(messages[:position])

    def _first_key(self, message: Message) -> Key | None:
        return self._key(message.role, message.parts[0]) if message.parts else None

    def _is_repeated(self, speaker: Speaker, output: tuple[Message, ...]) -> bool:
        """Say whether a call that lies around this one, or inside, has given the same answer."""
        keys = tuple(self._key(message.role, part) for message in output for part in message.parts)
        before = self._answers.setdefault(keys, speaker.span) if keys else speaker.span
        return before is not speaker.span and _is_nested(before, speaker.span)

    def _add_message(
        self,
        speaker: Speaker,
        message: Message,
        when: int,
        local: Counter[Key],
        is_new: bool,
        rank: int = 0,
    ) -> None:
        fresh: list[Part] = []
        for part in message.parts:
            key = self._key(message.role, part)
            local[key] += 1
            if is_new:
                self._met[key] += 1
            elif local[key] <= self._met[key] and not self._is_awaited(part):
                known = self._draft_of.get(key)
                if known is not None and known.when > when:
                    known.when = when  # clocks differ: what is history here came before
                continue
            else:
                self._met[key] = local[key]
            if part.type == "tool_call":
                self._keep(speaker, message, fresh, when, rank)
                fresh = []
                self._draft_of[key] = self._call(speaker, part, when)
            elif part.type == "tool_result":
                self._result(speaker, part, when)
            else:
                fresh.append(part)
        self._keep(speaker, message, fresh, when, rank)

    def _is_awaited(self, part: Part) -> bool:
        return part.type == "tool_result" and self._calls.awaits(part)

    def _keep(
        self, speaker: Speaker, message: Message, parts: list[Part], when: int, rank: int
    ) -> None:
        if not parts:
            return
        draft = Draft(message.role, "message", speaker.span, when, speaker.agent_name)
        draft.rank, draft.counterpart = rank, speaker.client
        draft.parts = tuple(parts)
        self._draft(draft)
        for part in parts:
            self._draft_of[self._key(message.role, part)] = draft

    def _call(self, speaker: Speaker, part: Part, when: int) -> Draft:
        draft = Draft("tool", "tool_call", speaker.span, when, speaker.agent_name)
        draft.counterpart = speaker.client
        draft.name, draft.call_id, draft.arguments = part.name, part.id, part.text
        self._draft(draft)
        self._calls.add(draft)
        return draft

    def _draft(self, draft: Draft) -> None:
        """Keep a draft; history stands before the request, also where it is read later."""
        self._latest = max(self._latest, draft.when)
        draft.is_context = self._is_history
        if draft.is_context and self._requested_at is not None:
            draft.when = min(draft.when, self._requested_at)
            self._has_late_history = True
        self._drafts.append(draft)

    def _result(self, speaker: Speaker, part: Part, when: int) -> None:
        draft = self._calls.of_result(part)
        if draft is None and self._is_history and not (part.id or part.name):
            return  # of an earlier turn, where the tool's span has told it
        if draft is None:
            draft = self._call(speaker, Part("tool_call", "", part.name, part.id), when)
        if draft.result is None:
            draft.result = part.text
            draft.result_when = max(speaker.span.start_ns, speaker.span.end_ns)

    def _add_tools(self, tools: list[Speaker]) -> None:
        """Add the spans of tools, first those whose call is known by its id: the others are matched
        with the rest."""
        rest: list[tuple[Speaker, Part]] = []
        for tool in tools:
            part = call_of(tool.span, tool.content)
            draft = self._calls.of_id(part)
            if draft is None:
                rest.append((tool, part))
            elif not draft.has_span:
                self._carry_out(draft, tool, part)
        for tool, part in rest:
            draft = self._calls.of_span(part, _output(tool), tool.span.start_ns)
            self._carry_out(draft or self._call(tool, part, tool.span.start_ns), tool, part)

    def _carry_out(self, draft: Draft, tool: Speaker, part: Part) -> None:
        """Add to a call what the span of the tool knows of it."""
        draft.has_span = True
        if draft.turn == self._calls.turn:  # else it stays where it was asked for
            draft.span = tool.span
        draft.arguments = draft.arguments or part.text
        if draft.result is None and tool.content.output:
            draft.result = _output(tool)
        if tool.span.is_error:
            draft.is_error, draft.error = True, error_of(tool.span)
        self._by_span[tool.span.span_id] = draft

    def _add_errors(self, failed: list[StoredSpan]) -> None:
        """Add failures that are not a tool's own; one that climbs to its callers is added once."""
        errors = {draft.error for draft in self._drafts if draft.error}
        for span in failed:
            text = error_of(span)
            if span.span_id in self._by_span or text in errors or (not text and errors):
                continue
            text = text or f"{span.name} failed"
            errors.add(text)
            end = max(span.start_ns, span.end_ns)
            draft = Draft("assistant", "error", span, end, None, is_error=True, error=text)
            self._drafts.append(draft)

    def _key(self, role: str, part: Part) -> Key:
        if part.type == "tool_result" and part.id:
            return "tool", "tool_result", part.id, 0
        name = part.name if part.type == "tool_call" else None
        role = "tool" if part.type.startswith("tool_") else role
        is_call = part.type == "tool_call"
        digest = self._calls.compared.digest if is_call else self._digest
        return role, part.type, name, digest(part.text)

    def _digest(self, text: str) -> int:
        """Return the same number for texts that differ in white space only."""
        digest = self._digests.get(text)
        if digest is None:
            digest = self._digests[text] = hash("".join(text.split()))
        return digest


def error_of(span: StoredSpan) -> str:
    """Return what went wrong, in the sender's words ("ValueError: no such order"); "" where the
    span does not say."""
    events = span.payload.get("events")
    for event in reversed(events if isinstance(events, list) else []):
        held = event.get("attributes") if isinstance(event, dict) else None
        if isinstance(held, dict) and event.get("name") == "exception":
            words = [held.get("exception.type"), held.get("exception.message")]
            return _without_traceback(": ".join(w for w in words if isinstance(w, str) and w))
    attributes = span.payload.get("attributes")
    held = attributes if isinstance(attributes, dict) else {}
    words = [
        span.payload.get("status_message"),
        held.get("langfuse.observation.status_message"),
        held.get("exception.message"),
        held.get("error.message"),
        held.get("error.type"),
    ]
    return _without_traceback(next((w for w in words if isinstance(w, str) and w.strip()), ""))


def _without_traceback(text: str) -> str:
    """Return the words of an error without the traceback that LangSmith writes behind them, another
    one at each span that the error passed."""
    words = text.partition("Traceback (most recent call last)")[0].strip()
    return words or text


def _latest_question(messages: tuple[Message, ...]) -> int:
    """Return where what was asked last begins: behind the last message that is not the user's."""
    position = len(messages)
    while position and messages[position - 1].role == "user":
        position -= 1
    return position


def _is_nested(left: StoredSpan, right: StoredSpan) -> bool:
    outer, inner = sorted((left, right), key=_length, reverse=True)
    return outer.start_ns <= inner.start_ns and inner.end_ns <= outer.end_ns


def _length(span: StoredSpan) -> int:
    return span.end_ns - span.start_ns


def _output(tool: Speaker) -> str:
    return tool.content.output[0].parts[0].text if tool.content.output else ""
