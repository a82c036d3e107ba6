"""Which spans of a trace speak: the same turn stands in the agent's input and output, in the
messages of its model calls and around both, and must be read from one of them only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from traces import messages
from traces.records import Attributes, Content, Part, StoredSpan
from traces.tree import Node

#: Parts of messages that are read of one transcript before model calls are left out.
MAX_PARTS: Final = 100_000
#: The latest model calls are read in any case: they hold the history and the outcome.
_LATEST = 20

_WORDS = frozenset({"text", "data", "media"})
#: Kinds whose input and output are work, not conversation.
_SILENT = frozenset({"tool", "retriever", "embedding", "reranker", "guardrail", "evaluator"})


@dataclass(slots=True)
class Speaker:
    """One span that is read, and what it says."""

    span: StoredSpan
    content: Content
    agent_name: str | None = None
    is_echo: bool = False  # what it puts out may have been said already


@dataclass(slots=True)
class Cast:
    """The spans of one trace that are read, each list by start."""

    speakers: list[Speaker] = field(default_factory=list)
    tools: list[Speaker] = field(default_factory=list)
    failed: list[StoredSpan] = field(default_factory=list)  # the deepest first
    agents: dict[str, str | None] = field(default_factory=dict)  # span id -> agent
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


def content_of(span: StoredSpan) -> Content:
    """The messages of a stored span."""
    events = span.payload.get("events")
    return messages.read(_attributes(span), events if isinstance(events, list) else [], span.kind)


def call_of(span: StoredSpan, content: Content) -> Part:
    """The call that a tool's span carried out: at least its name."""
    if content.input:
        asked = content.input[0].parts[0]
        name, call_id = asked.name, asked.id
    else:
        asked = Part("tool_call", "")
        name, call_id = messages.name_and_id(_attributes(span))
    return Part("tool_call", asked.text, name or span.name.removeprefix("execute_tool "), call_id)


def _attributes(span: StoredSpan) -> Attributes:
    attributes = span.payload.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def cast(roots: list[Node], budget: int = MAX_PARTS) -> Cast:
    """Who speaks in the trace of these roots.

    Model calls with messages, the innermost of nested ones; where there are none, the
    input and output of the root or the agent; where there is none either, the plain
    model calls. Spans of tools come apart: they fill in what no message carries.
    """
    found = Cast()
    calls = _walk(roots, found, budget)
    chosen = _innermost(calls)
    spoken = [call for call in chosen if call.content.structured]
    if spoken:
        found.speakers = [_speaker(call.node.span, call.content, found) for call in chosen]
        if not _ends_in_words(calls):
            found.speakers += _answers_around(calls, roots, found)
    else:
        found.speakers = _outermost(roots, found) or [
            _speaker(call.node.span, call.content, found) for call in chosen
        ]
    found.speakers.sort(key=_when)
    found.tools.sort(key=_when)
    found.failed.reverse()
    return found


def _walk(roots: list[Node], found: Cast, budget: int) -> list[_Call]:
    """Read every model call and tool on one way down the trees."""
    calls: list[_Call] = []
    pending: list[tuple[Node, int | None]] = []
    waiting: list[tuple[Node, str | None, int | None, str | None]] = [
        (root, None, None, None) for root in reversed(roots)
    ]
    while waiting:
        node, agent, above, tool = waiting.pop()
        span = node.span
        agent = span.agent_name or agent
        found.agents[span.span_id] = agent
        if span.is_error:
            found.failed.append(span)
        if span.kind == "llm":
            pending.append((node, above))
            above = len(pending) - 1
        elif span.kind == "tool":
            tool = _add_tool(span, tool, found)
        waiting.extend((child, agent, above, tool) for child in reversed(node.children))
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


def _outermost(
    roots: list[Node], found: Cast, around: frozenset[str] = frozenset()
) -> list[Speaker]:
    """For each root the outermost span that says both what was asked and what was answered."""
    return [speaker for root in roots for speaker in _of_root(root, found, around)]


def _of_root(root: Node, found: Cast, around: frozenset[str]) -> list[Speaker]:
    asked: Speaker | None = None
    answered: Speaker | None = None
    level = [root]
    while level:
        spans = [node.span for node in level if _may(node.span) or node.span.span_id in around]
        ready = [_speaker(span, content_of(span), found) for span in spans]
        ready.sort(key=_agents_first)
        for speaker in ready:
            if speaker.content.input and speaker.content.output:
                return [speaker]
        asked = asked or next((one for one in ready if one.content.input), None)
        answered = answered or next((one for one in reversed(ready) if one.content.output), None)
        level = [child for node in level for child in node.children]
    return _halves(asked, answered)


def _halves(asked: Speaker | None, answered: Speaker | None) -> list[Speaker]:
    """A question and an answer that stand on two spans."""
    halves = []
    if asked:
        content = Content(asked.content.input, (), asked.content.source, asked.content.structured)
        halves.append(Speaker(asked.span, content, asked.agent_name))
    if answered:
        halves.append(replace(_answer(answered), is_echo=False))
    return halves


def _answer(speaker: Speaker) -> Speaker:
    """The words of what a span put out; its calls of tools stand on model calls and tools."""
    held = speaker.content
    words = [
        replace(said, parts=tuple(part for part in said.parts if part.type in _WORDS))
        for said in held.output
    ]
    output = tuple(said for said in words if said.parts)
    content = Content((), output, held.source, held.structured)
    return Speaker(speaker.span, content, speaker.agent_name, is_echo=True)


def _ends_in_words(calls: list[_Call]) -> bool:
    """Whether the model call that ended last recorded an answer, and not calls of tools."""
    outer = {call.above for call in calls}
    inner = (call for position, call in enumerate(calls) if position not in outer)
    last = max(inner, key=_ended)
    types = {part.type for said in last.content.output for part in said.parts}
    return bool(types & _WORDS) and "tool_call" not in types


def _ended(call: _Call) -> int:
    return max(call.node.span.start_ns, call.node.span.end_ns)


def _answers_around(calls: list[_Call], roots: list[Node], found: Cast) -> list[Speaker]:
    """What the spans around the model calls answered in words, model calls among them."""
    outer = (calls[call.above] for call in calls if call.above is not None)
    around = frozenset(call.node.span.span_id for call in outer)
    speakers = [_answer(one) for one in _outermost(roots, found, around)]
    return [one for one in speakers if one.content.output]


def _may(span: StoredSpan) -> bool:
    return span.kind not in _SILENT and span.kind != "llm"


def _speaker(span: StoredSpan, content: Content, found: Cast) -> Speaker:
    return Speaker(span, content, found.agents.get(span.span_id))


def _agents_first(speaker: Speaker) -> tuple[bool, int]:
    return speaker.span.kind != "agent", speaker.span.start_ns


def _when(speaker: Speaker) -> tuple[int, int]:
    return speaker.span.start_ns, -speaker.span.end_ns
