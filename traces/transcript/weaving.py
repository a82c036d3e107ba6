"""From spans that repeat each other to entries that say each thing once.

Every model call repeats the history. A part of a message counts as repeated when it has
already been met as often as this call holds it, so that a user who says "yes" twice is
read twice. What a call puts out is always new.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from itertools import islice

from traces.records import Message, Part, StoredSpan
from traces.transcript.entries import Entry
from traces.transcript.speakers import Speaker, call_of

#: How many waiting calls of one name are compared with a tool's span.
_NEAR = 50

Key = tuple[str, str, str | None, int]


@dataclass(slots=True, eq=False)
class _Draft:
    """An entry in the making: results, times and errors come later than the call."""

    role: str
    kind: str
    span: StoredSpan
    when: int  # its place in the order
    agent: str | None
    parts: tuple[Part, ...] = ()
    name: str | None = None
    call_id: str | None = None
    arguments: str = ""
    result: str | None = None
    error: str = ""
    is_error: bool = False
    has_span: bool = False  # a tool's own span has been found
    is_context: bool = False  # history that came in with the request


class Weaver:
    """Weaves the traces of one conversation, in order, each into the entries of a turn."""

    def __init__(self) -> None:
        self._met: Counter[Key] = Counter()
        self._draft_of: dict[Key, _Draft] = {}
        self._digests: dict[str, int] = {}
        self._is_first_turn = True
        self._is_history = False
        self._start_turn()

    def turn(
        self,
        speakers: list[Speaker],
        tools: list[Speaker],
        failed: list[StoredSpan],
    ) -> list[Entry]:
        """The entries of one trace, without what earlier turns have shown."""
        self._start_turn()
        for number, speaker in enumerate(speakers):
            self._add(speaker, is_news=number == 0 and not self._is_first_turn)
        for tool in tools:
            self._add_tool(tool)
        self._add_errors(failed)
        self._is_first_turn = False
        self._drafts.sort(key=_order if self._has_late_history else _when)
        agents = {draft.agent for draft in self._drafts if draft.agent}
        return [_entry(draft, len(agents) > 1) for draft in self._drafts]

    def _start_turn(self) -> None:
        self._drafts: list[_Draft] = []
        self._by_call_id: dict[str, _Draft] = {}
        # no result yet, by name (None: of any name) and whether only those without an id
        self._open: dict[tuple[str | None, bool], deque[_Draft]] = defaultdict(deque)
        self._unseen: dict[str | None, deque[_Draft]] = defaultdict(deque)  # no span yet
        self._answers: dict[tuple[Key, ...], StoredSpan] = {}
        self._by_span: dict[str, _Draft] = {}
        self._request: Key | None = None  # what the trace answers
        self._asked_at: int | None = None  # when that was said first
        self._has_late_history = False  # read behind the request

    def _add(self, speaker: Speaker, is_news: bool) -> None:
        local: Counter[Key] = Counter()
        asked, answered = speaker.content.input, speaker.content.output
        start, end = speaker.span.start_ns, max(speaker.span.start_ns, speaker.span.end_ns)
        news = _latest_question(asked) if is_news else len(asked)
        request = self._place_of_request(asked)
        for position, message in enumerate(asked):
            is_new = position >= news and message.role == "user"
            self._is_history = position < request and message.role != "system"
            self._say(speaker, message, start, local, is_new)
        self._is_history = False
        if self._request is None and request < len(asked):
            self._request, self._asked_at = self._first_key(asked[request]), start
        if speaker.is_echo or any(message.role != "assistant" for message in answered):
            local = Counter()  # the whole state of the run: history that includes the input
            request = self._place_of_request(answered)
            for position, message in enumerate(answered):
                self._is_history = position < request and message.role != "system"
                self._say(speaker, message, end, local, False)
            self._is_history = False
        elif not self._is_repeated(speaker, answered):
            for message in answered:
                self._say(speaker, message, end, local, True)

    def _place_of_request(self, asked: tuple[Message, ...]) -> int:
        """Where in these messages the request stands that the trace answers: what is before it
        happened in earlier turns. Where it is not among them, what they themselves ask last."""
        for position in range(len(asked) - 1, -1, -1):
            if self._request is not None and self._first_key(asked[position]) == self._request:
                return position
        position = len(asked)
        while position and asked[position - 1].role != "user":
            position -= 1
        return _latest_question(asked[:position])

    def _first_key(self, message: Message) -> Key | None:
        return self._key(message.role, message.parts[0]) if message.parts else None

    def _is_repeated(self, speaker: Speaker, answered: tuple[Message, ...]) -> bool:
        """Whether a call that lies around this one, or inside, has given the same answer."""
        keys = tuple(self._key(said.role, part) for said in answered for part in said.parts)
        before = self._answers.setdefault(keys, speaker.span) if keys else speaker.span
        return before is not speaker.span and _one_holds_other(before, speaker.span)

    def _say(
        self, speaker: Speaker, message: Message, when: int, local: Counter[Key], is_new: bool
    ) -> None:
        fresh: list[Part] = []
        for part in message.parts:
            key = self._key(message.role, part)
            local[key] += 1
            if is_new:
                self._met[key] += 1
            elif local[key] <= self._met[key]:
                known = self._draft_of.get(key)
                if known is not None and known.when > when:
                    known.when = when  # clocks differ: what is history here came before
                continue
            else:
                self._met[key] = local[key]
            if part.type == "tool_call":
                self._keep(speaker, message, fresh, when)
                fresh = []
                self._draft_of[key] = self._call(speaker, part, when)
            elif part.type == "tool_result":
                self._result(speaker, part, when)
            else:
                fresh.append(part)
        self._keep(speaker, message, fresh, when)

    def _keep(self, speaker: Speaker, message: Message, parts: list[Part], when: int) -> None:
        if not parts:
            return
        draft = _Draft(
            message.role, "message", speaker.span, when, speaker.agent_name, tuple(parts)
        )
        self._draft(draft)
        for part in parts:
            self._draft_of[self._key(message.role, part)] = draft

    def _call(self, speaker: Speaker, part: Part, when: int) -> _Draft:
        draft = _Draft("tool", "tool_call", speaker.span, when, speaker.agent_name)
        draft.name, draft.call_id, draft.arguments = part.name, part.id, part.text
        self._draft(draft)
        if part.id:
            self._by_call_id.setdefault(part.id, draft)
        for name in {part.name or None, None}:
            self._open[name, False].append(draft)
            if not part.id:
                self._open[name, True].append(draft)
        if not draft.is_context:  # the spans of this trace carried out none of these
            self._unseen[part.name].append(draft)
        return draft

    def _draft(self, draft: _Draft) -> None:
        """Keep it; history stands before the request, also where it is read later."""
        draft.is_context = self._is_history
        if draft.is_context and self._asked_at is not None:
            draft.when = min(draft.when, self._asked_at)
            self._has_late_history = True
        self._drafts.append(draft)

    def _result(self, speaker: Speaker, part: Part, when: int) -> None:
        """Give a result to its call: by id, else to the first open call of that name."""
        draft = self._by_call_id.get(part.id or "")
        if draft is None:
            draft = self._next_open(part)
        if draft is None:
            draft = self._call(speaker, Part("tool_call", "", part.name, part.id), when)
        if draft.result is None:
            draft.result = part.text

    def _next_open(self, part: Part) -> _Draft | None:
        """The first call without a result that this could be the result of: where both have
        an id, they would have met by it."""
        waiting = self._open[part.name or None, bool(part.id)]
        while waiting and waiting[0].result is not None:
            waiting.popleft()
        return waiting[0] if waiting else None

    def _add_tool(self, tool: Speaker) -> None:
        content, span = tool.content, tool.span
        part = call_of(span, content)
        draft = self._call_of(part)
        if draft is not None and draft.has_span:
            return
        if draft is None:
            draft = self._call(tool, part, span.start_ns)
        draft.has_span, draft.span = True, span
        draft.arguments = draft.arguments or part.text
        if draft.result is None and content.output:
            draft.result = content.output[0].parts[0].text
        if span.is_error:
            draft.is_error, draft.error = True, error_of(span)
        self._by_span[span.span_id] = draft

    def _call_of(self, part: Part) -> _Draft | None:
        """The call that this tool's span carried out: by id, by arguments, by name."""
        found = self._by_call_id.get(part.id or "")
        if found is not None:
            return found
        waiting = self._unseen[part.name]
        while waiting and waiting[0].has_span:
            waiting.popleft()
        near = islice(waiting, _NEAR)
        may = [one for one in near if not one.has_span and not (one.call_id and part.id)]
        same = self._digest(part.text)
        alike = (one for one in may if self._digest(one.arguments) == same)
        return next(alike, may[0] if may else None)

    def _add_errors(self, failed: list[StoredSpan]) -> None:
        """Failures that are not a tool's own; one that climbs to its callers is told once."""
        told = {draft.error for draft in self._drafts if draft.error}
        for span in failed:
            text = error_of(span)
            if span.span_id in self._by_span or text in told or (not text and told):
                continue
            text = text or f"{span.name} failed"
            told.add(text)
            end = max(span.start_ns, span.end_ns)
            draft = _Draft("assistant", "error", span, end, None, is_error=True, error=text)
            self._drafts.append(draft)

    def _key(self, role: str, part: Part) -> Key:
        if part.type == "tool_result" and part.id:
            return "tool", "tool_result", part.id, 0
        name = part.name if part.type == "tool_call" else None
        role = "tool" if part.type.startswith("tool_") else role
        return role, part.type, name, self._digest(part.text)

    def _digest(self, text: str) -> int:
        """The same number for texts that differ in white space only."""
        found = self._digests.get(text)
        if found is None:
            found = self._digests[text] = hash("".join(text.split()))
        return found


def error_of(span: StoredSpan) -> str:
    """What went wrong, in the sender's words: "ValueError: no such order"; "" when unsaid."""
    events = span.payload.get("events")
    for event in reversed(events if isinstance(events, list) else []):
        held = event.get("attributes") if isinstance(event, dict) else None
        if isinstance(held, dict) and event.get("name") == "exception":
            told = [held.get("exception.type"), held.get("exception.message")]
            return ": ".join(text for text in told if isinstance(text, str) and text)
    attributes = span.payload.get("attributes")
    held = attributes if isinstance(attributes, dict) else {}
    told = [
        span.payload.get("status_message"),
        held.get("langfuse.observation.status_message"),
        held.get("exception.message"),
        held.get("error.message"),
        held.get("error.type"),
    ]
    return next((text for text in told if isinstance(text, str) and text.strip()), "")


def _latest_question(asked: tuple[Message, ...]) -> int:
    """Where what was asked last begins: behind the last message that is not the user's."""
    position = len(asked)
    while position and asked[position - 1].role == "user":
        position -= 1
    return position


def _one_holds_other(one: StoredSpan, other: StoredSpan) -> bool:
    outer, inner = sorted((one, other), key=_length, reverse=True)
    return outer.start_ns <= inner.start_ns and inner.end_ns <= outer.end_ns


def _length(span: StoredSpan) -> int:
    return span.end_ns - span.start_ns


def _when(draft: _Draft) -> int:
    return draft.when


def _order(draft: _Draft) -> tuple[int, bool]:
    return draft.when, not draft.is_context


def _entry(draft: _Draft, has_several_agents: bool) -> Entry:
    return Entry(
        role=draft.role,
        kind=draft.kind,
        trace_id=draft.span.trace_id,
        span_id=draft.span.span_id,
        start_ns=draft.span.start_ns,
        duration_ns=max(0, draft.span.end_ns - draft.span.start_ns),
        parts=draft.parts,
        is_error=draft.is_error,
        error=draft.error,
        name=draft.name,
        call_id=draft.call_id,
        arguments=draft.arguments,
        result=draft.result,
        agent_name=draft.agent if has_several_agents else None,
        is_context=draft.is_context,
    )
