"""Which spans of a trace speak: the same turn stands in the agent's input and output, in the
messages of its model calls and around both, and must be read from one of them only.

1. `_walk` goes down the trees once: it reads tools and model calls and notes failures, the agent
   of each span and the agent above that one. A tool's span inside one of the same tool is left
   out. Beyond the budget of parts, model calls in the middle are not read.
2. `_innermost`: of model calls inside each other (a framework's around a client's) one is chosen.
3. Where a chosen call has messages with roles, the chosen calls speak. The outermost spans that
   say something are the frames around them, and what was declared for the whole trace stands in
   place of the only frame's words.
4. Where none has, the outermost spans speak; a half that they do not record (question or answer)
   is taken from the first or the last plain model call; where they say nothing, all plain calls do.
5. An agent above the speakers that neither spoke nor was asked is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from traces.records import Content, StoredSpan
from traces.span_tree import Node
from traces.transcript.frames import Frame, frame_of
from traces.transcript.outermost import WORDS, outermost
from traces.transcript.speaking_span import (
    Speaker,
    by_start,
    call_of,
    content_of,
    declared_by,
    is_declaring,
)

#: Parts of messages that are read of one transcript before model calls are left out.
MAX_PARTS: Final = 100_000
#: The latest model calls are read in any case: they hold the history and the outcome.
_LATEST = 20


@dataclass(slots=True)
class SelectedSpans:
    """The spans of one trace that are read, each list by start."""

    speakers: list[Speaker] = field(default_factory=list)
    tools: list[Speaker] = field(default_factory=list)
    failed: list[StoredSpan] = field(default_factory=list)  # the deepest first
    frames: list[Frame] = field(default_factory=list)
    declared: list[StoredSpan] = field(default_factory=list)  # of the whole trace, on a span
    agents: dict[str, str | None] = field(default_factory=dict)  # span id -> agent
    clients: dict[str, str | None] = field(default_factory=dict)  # -> the agent above that one
    omitted: int = 0


@dataclass(slots=True)
class _Call:
    """A model call: its content and the calls around it."""

    node: Node
    content: Content
    above: int | None  # position of the nearest model call around it
    has_structured_inside: bool = False
    has_content_inside: bool = False


def select_spans(roots: list[Node], budget: int = MAX_PARTS) -> SelectedSpans:
    """Return who speaks in the trace of these roots.

    Model calls with messages, the innermost of nested ones, inside the frame of what the agent
    itself was asked and answered; where there are none, the input and output of the root or the
    agent; where there is none either, the plain model calls. Spans of tools come apart: they fill
    in what no message carries.
    """
    selected = SelectedSpans()
    calls = _walk(roots, selected, budget)
    chosen = _innermost(calls)
    spoken = [call for call in chosen if call.content.structured]
    if spoken:
        selected.speakers = [
            _speaker(call.node.span, _words_of(call.content), selected) for call in chosen
        ]
        selected.frames = _declared(roots, selected, _frames(calls, roots, selected))
    else:
        plain = [_speaker(call.node.span, call.content, selected) for call in chosen]
        selected.speakers = _completed(outermost(roots, _reader(selected), frozenset()), plain)
    _forget_silent_clients(selected)
    selected.speakers.sort(key=by_start)
    selected.tools.sort(key=by_start)
    selected.failed.reverse()
    return selected


def _forget_silent_clients(selected: SelectedSpans) -> None:
    """Forget clients that neither spoke nor were asked: such an agent only wraps the one inside (a
    crew, a workflow)."""
    speaking = {speaker.agent_name for speaker in selected.speakers if not speaker.client}
    speaking |= {speaker.agent_name for speaker in selected.speakers if speaker.client in speaking}
    speaking |= {frame.agent_name for frame in selected.frames}
    for speaker in selected.speakers:
        if speaker.client not in speaking:
            speaker.client = None


def _completed(outer: list[Speaker], plain: list[Speaker]) -> list[Speaker]:
    """Return what the outermost spans say, with the half that only plain model calls recorded."""
    if not outer:
        return plain
    has_question = any(speaker.content.input for speaker in outer)
    has_answer = any(speaker.content.output for speaker in outer)
    halves = []
    for speaker in [] if has_question else plain[:1]:
        halves.append(replace(speaker, content=replace(speaker.content, output=())))
    for speaker in [] if has_answer else plain[-1:]:
        halves.append(replace(speaker, content=replace(speaker.content, input=())))
    return outer + halves


def _words_of(content: Content) -> Content:
    """Return what a call says beside those with messages: data that went in is what a framework
    called it with; data that came out may be the answer that it was asked for."""
    types = {part.type for message in content.input for part in message.parts}
    if content.structured or "data" not in types:
        return content
    return Content((), content.output, content.source, content.structured)


def _walk(roots: list[Node], selected: SelectedSpans, budget: int) -> list[_Call]:
    """Return every model call of the trees, read on one way down, and note tools, failures and
    agents in `selected`."""
    calls: list[_Call] = []
    pending: list[tuple[Node, int | None]] = []
    waiting: list[tuple[Node, str | None, str | None, int | None, str | None]] = [
        (root, None, None, None, None) for root in reversed(roots)
    ]
    while waiting:
        node, agent, client, above, tool = waiting.pop()
        span = node.span
        if span.agent_name and span.agent_name != agent:
            agent, client = span.agent_name, agent
        selected.clients[span.span_id] = client
        selected.agents[span.span_id] = agent
        if is_declaring(span):
            selected.declared.append(span)
        if span.is_error:
            selected.failed.append(span)
        selected.omitted += span.is_unread
        if span.kind == "llm":
            pending.append((node, above))
            above = len(pending) - 1
        elif span.kind == "tool":
            tool = _add_tool(span, tool, selected)
        waiting.extend((child, agent, client, above, tool) for child in reversed(node.children))
    left = budget
    for position, (node, above) in enumerate(pending):
        if left <= 0 and position < len(pending) - _LATEST:
            selected.omitted += 1
            content = Content()
        else:
            content = content_of(node.span)
            left -= 1 + sum(len(message.parts) for message in content.input + content.output)
        calls.append(_Call(node, content, above))
    return calls


def _add_tool(span: StoredSpan, above: str | None, selected: SelectedSpans) -> str | None:
    """Keep a tool's span, unless it repeats the one around it (an SDK inside a framework), and
    return the tool's name."""
    content = content_of(span)
    name = call_of(span, content).name
    if name not in {above, "(merged tools)"}:  # ADK repeats parallel results in one merged span
        selected.tools.append(Speaker(span, content, selected.agents[span.span_id]))
    return name


def _innermost(calls: list[_Call]) -> list[_Call]:
    """Return of model calls inside each other the inner one, unless only the outer has messages."""
    for call in reversed(calls):  # children stand behind their parents
        if call.above is not None:
            outer = calls[call.above]
            has_content = call.has_content_inside or bool(call.content.source)
            outer.has_content_inside |= has_content
            outer.has_structured_inside |= call.has_structured_inside or call.content.structured
    chosen: list[_Call] = []
    covered: set[int] = set()  # positions inside a structured call that was chosen
    for position, call in enumerate(calls):
        if call.above is not None and call.above in covered:
            covered.add(position)
            continue
        if not call.content.source:
            continue
        if call.content.structured and not call.has_structured_inside:
            covered.add(position)
            chosen.append(call)
        elif not call.content.structured and not call.has_content_inside:
            chosen.append(call)
    return chosen


def _frames(calls: list[_Call], roots: list[Node], selected: SelectedSpans) -> list[Frame]:
    """Return the runs of agents around the model calls; model calls among them only where the last
    one inside recorded no words."""
    around: frozenset[str] = frozenset()
    if not _ends_in_words(calls):
        outer = (calls[call.above] for call in calls if call.above is not None)
        around = frozenset(call.node.span.span_id for call in outer)
    speakers = outermost(roots, _reader(selected), around)
    frames = [frame_of(speaker.span, speaker.content, speaker.agent_name) for speaker in speakers]
    return [frame for frame in frames if frame]


def _declared(roots: list[Node], selected: SelectedSpans, frames: list[Frame]) -> list[Frame]:
    """Return the frames with what the sender declared for the whole trace, in place of what its
    only run says: Langfuse's input and output of a trace may stand on any of its spans."""
    question = declared_by(selected.declared, "input")
    answer = declared_by(selected.declared, "output")
    span = roots[0].span
    content = Content(question.input, answer.output, "langfuse.trace", question.structured)
    declared = frame_of(span, content, selected.agents.get(span.span_id))
    if declared is None:
        return frames
    if len(frames) > 1:
        return [declared, *frames]
    only = frames[0] if frames else declared
    return [
        replace(
            only,
            history=declared.history if declared.question else only.history,
            question=declared.question or only.question,
            answer=declared.answer or only.answer,
        )
    ]


def _ends_in_words(calls: list[_Call]) -> bool:
    """Say whether the model call that ended last recorded an answer, and not calls of tools."""
    outer = {call.above for call in calls}
    inner = (call for position, call in enumerate(calls) if position not in outer)
    last = max(inner, key=_ended)
    types = {part.type for message in last.content.output for part in message.parts}
    return bool(types & WORDS) and "tool_call" not in types


def _ended(call: _Call) -> int:
    return max(call.node.span.start_ns, call.node.span.end_ns)


def _reader(selected: SelectedSpans) -> Callable[[StoredSpan], Speaker]:
    return lambda span: _speaker(span, content_of(span), selected)


def _speaker(span: StoredSpan, content: Content, selected: SelectedSpans) -> Speaker:
    agent, client = selected.agents.get(span.span_id), selected.clients.get(span.span_id)
    return Speaker(span, content, agent, client)
