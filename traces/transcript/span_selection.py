"""Which spans of a trace speak: the same turn stands in the agent's input and output, in the
messages of its model calls and around both, and must be read from one of them only.
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
class Cast:
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
class _Seen:
    """A node on the way down, with what its ancestors tell."""

    node: Node
    agent: str | None
    calls: tuple[int, ...]  # positions of the model calls above it
    tool: str | None  # name of the tool span above it


@dataclass(slots=True)
class _Call:
    """A model call: its content and the calls around it."""

    node: Node
    content: Content
    above: int | None  # position of the nearest model call around it
    has_structured_inside: bool = False
    has_content_inside: bool = False


def cast(roots: list[Node], budget: int = MAX_PARTS) -> Cast:
    """Who speaks in the trace of these roots.

    Model calls with messages, the innermost of nested ones, inside the frame of what the
    agent itself was asked and answered; where there are none, the input and output of the
    root or the agent; where there is none either, the plain model calls. Spans of tools come
    apart: they fill in what no message carries.
    """
    found = Cast()
    calls = _walk(roots, found, budget)
    chosen = _innermost(calls)
    spoken = [call for call in chosen if call.content.structured]
    if spoken:
        found.speakers = [
            _speaker(call.node.span, _words_of(call.content), found) for call in chosen
        ]
        found.frames = _declared(roots, found, _frames(calls, roots, found))
    else:
        plain = [_speaker(call.node.span, call.content, found) for call in chosen]
        found.speakers = _completed(outermost(roots, _reader(found), frozenset()), plain)
    _forget_silent_clients(found)
    found.speakers.sort(key=by_start)
    found.tools.sort(key=by_start)
    found.failed.reverse()
    return found


def _forget_silent_clients(found: Cast) -> None:
    """An agent that neither spoke nor was asked only wraps the one inside: a crew, a workflow."""
    speaking = {one.agent_name for one in found.speakers if not one.client}
    speaking |= {one.agent_name for one in found.speakers if one.client in speaking}
    speaking |= {frame.agent_name for frame in found.frames}
    for one in found.speakers:
        if one.client not in speaking:
            one.client = None


def _completed(outer: list[Speaker], plain: list[Speaker]) -> list[Speaker]:
    """What the outermost spans say, with the half that only plain model calls told."""
    if not outer:
        return plain
    asked = any(one.content.input for one in outer)
    answered = any(one.content.output for one in outer)
    halves = []
    for one in [] if asked else plain[:1]:
        halves.append(replace(one, content=replace(one.content, output=())))
    for one in [] if answered else plain[-1:]:
        halves.append(replace(one, content=replace(one.content, input=())))
    return outer + halves


def _words_of(content: Content) -> Content:
    """What a call says beside those with messages: data that went in is what a framework
    called it with; data that came out may be the answer that it was asked for."""
    types = {part.type for message in content.input for part in message.parts}
    if content.structured or "data" not in types:
        return content
    return Content((), content.output, content.source, content.structured)


def _walk(roots: list[Node], found: Cast, budget: int) -> list[_Call]:
    """Read every model call and tool on one way down the trees."""
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
        found.clients[span.span_id] = client
        found.agents[span.span_id] = agent
        if is_declaring(span):
            found.declared.append(span)
        if span.is_error:
            found.failed.append(span)
        found.omitted += span.is_unread
        if span.kind == "llm":
            pending.append((node, above))
            above = len(pending) - 1
        elif span.kind == "tool":
            tool = _add_tool(span, tool, found)
        waiting.extend((child, agent, client, above, tool) for child in reversed(node.children))
    left = budget
    for position, (node, above) in enumerate(pending):
        if left <= 0 and position < len(pending) - _LATEST:
            found.omitted += 1
            content = Content()
        else:
            content = content_of(node.span)
            left -= 1 + sum(len(said.parts) for said in content.input + content.output)
        calls.append(_Call(node, content, above))
    return calls


def _add_tool(span: StoredSpan, above: str | None, found: Cast) -> str | None:
    """Keep a tool's span, unless it repeats the one around it (an SDK inside a framework)."""
    content = content_of(span)
    name = call_of(span, content).name
    if name not in {above, "(merged tools)"}:  # ADK repeats parallel results in one merged span
        found.tools.append(Speaker(span, content, found.agents[span.span_id]))
    return name


def _innermost(calls: list[_Call]) -> list[_Call]:
    """Of model calls inside each other the inner one, unless only the outer has messages."""
    for call in reversed(calls):  # children stand behind their parents
        if call.above is not None:
            outer = calls[call.above]
            said = call.has_content_inside or bool(call.content.source)
            outer.has_content_inside |= said
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


def _frames(calls: list[_Call], roots: list[Node], found: Cast) -> list[Frame]:
    """The runs of agents around the model calls; model calls among them only where the last
    one inside recorded no words."""
    around: frozenset[str] = frozenset()
    if not _ends_in_words(calls):
        outer = (calls[call.above] for call in calls if call.above is not None)
        around = frozenset(call.node.span.span_id for call in outer)
    speakers = outermost(roots, _reader(found), around)
    frames = [frame_of(one.span, one.content, one.agent_name) for one in speakers]
    return [frame for frame in frames if frame]


def _declared(roots: list[Node], found: Cast, frames: list[Frame]) -> list[Frame]:
    """The frames with what the sender declared for the whole trace, in place of what its only
    run says: Langfuse's input and output of a trace may stand on any of its spans."""
    asked = declared_by(found.declared, "input")
    answered = declared_by(found.declared, "output")
    span = roots[0].span
    content = Content(asked.input, answered.output, "langfuse.trace", asked.structured)
    whole = frame_of(span, content, found.agents.get(span.span_id))
    if whole is None:
        return frames
    if len(frames) > 1:
        return [whole, *frames]
    only = frames[0] if frames else whole
    return [
        replace(
            only,
            history=whole.history if whole.asked else only.history,
            asked=whole.asked or only.asked,
            answered=whole.answered or only.answered,
        )
    ]


def _ends_in_words(calls: list[_Call]) -> bool:
    """Whether the model call that ended last recorded an answer, and not calls of tools."""
    outer = {call.above for call in calls}
    inner = (call for position, call in enumerate(calls) if position not in outer)
    last = max(inner, key=_ended)
    types = {part.type for said in last.content.output for part in said.parts}
    return bool(types & WORDS) and "tool_call" not in types


def _ended(call: _Call) -> int:
    return max(call.node.span.start_ns, call.node.span.end_ns)


def _reader(found: Cast) -> Callable[[StoredSpan], Speaker]:
    return lambda span: _speaker(span, content_of(span), found)


def _speaker(span: StoredSpan, content: Content, found: Cast) -> Speaker:
    agent, client = found.agents.get(span.span_id), found.clients.get(span.span_id)
    return Speaker(span, content, agent, client)
