"""The outermost spans of a trace that say what was asked and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from traces.records import Content, Message, StoredSpan
from traces.span_tree import Node
from traces.transcript.speaking_span import Speaker, by_start

#: Spans of one level of a tree that are read, from both ends: a loop may have thousands.
_MOST_OF_LEVEL: Final = 400
#: Runs of one trace that are told apart.
_MOST_RUNS: Final = 200
#: Kinds whose input and output are work, not conversation.
_SILENT = frozenset({"tool", "retriever", "embedding", "reranker", "guardrail", "evaluator"})
_RUNS = frozenset({"agent", "chain"})

Read = Callable[[StoredSpan], Speaker]


def outermost(roots: list[Node], read: Read, around: frozenset[str]) -> list[Speaker]:
    """Return for each run the outermost span that says both, or one that asks and one that answers.

    Runs are the roots; and below a span without words that is no step of an agent's work (a
    request, a script) the agents or chains beside each other, each on its own. `around` names model
    calls that may speak too.
    """
    all_speakers: list[Speaker] = []
    waiting = list(reversed(roots))
    while waiting and len(all_speakers) < _MOST_RUNS:
        speakers, runs = _of_run(waiting.pop(), read, around)
        all_speakers += speakers
        waiting.extend(reversed(runs))
    return all_speakers


def _of_run(root: Node, read: Read, around: frozenset[str]) -> tuple[list[Speaker], list[Node]]:
    """Return the speakers of a run; or no speaker, and the runs that it consists of."""
    asking: Speaker | None = None
    answering: Speaker | None = None
    level, is_step = [root], False
    while level:
        nodes = [n for n in _bounded(level) if _may(n.span) or n.span.span_id in around]
        ready = [read(node.span) for node in nodes]
        if level != [root] and asking is None and answering is None:
            runs = _runs(nodes, ready, is_step)
            if runs:
                return [], runs
        ready.sort(key=_agents_first)
        for speaker in ready:
            if speaker.content.input and speaker.content.output and not (asking or answering):
                return [speaker], []
        asking = asking or next((half for half in ready if half.content.input), None)
        answering = answering or next(
            (half for half in reversed(ready) if half.content.output), None
        )
        if asking and answering:
            break
        is_step = is_step or any(node.span.kind in _RUNS for node in nodes)
        level = [child for node in level for child in node.children]
    return _halves(asking, answering), []


def _runs(nodes: list[Node], ready: list[Speaker], is_step: bool) -> list[Node]:
    """Return the nodes of one level that are runs of their own; [] unless there are several."""
    kinds = {"agent"} if is_step else _RUNS
    for kind in ("agent", "chain"):
        speaking = [
            node
            for node, speaker in zip(nodes, ready, strict=True)
            if node.span.kind == kind and (speaker.content.input or speaker.content.output)
        ]
        if kind in kinds and len(speaking) > 1:
            return [node for node in nodes if node.span.kind == kind]
    return []


def _bounded(level: list[Node]) -> list[Node]:
    half = _MOST_OF_LEVEL // 2
    return level if len(level) <= _MOST_OF_LEVEL else level[:half] + level[-half:]


def _halves(asking: Speaker | None, answering: Speaker | None) -> list[Speaker]:
    """Return a question and an answer that stand on two spans."""
    halves = []
    if asking:
        content = Content(
            asking.content.input, (), asking.content.source, asking.content.structured
        )
        halves.append(Speaker(asking.span, content, asking.agent_name))
    if answering:
        held = answering.content
        words = [
            Message(message.role, tuple(p for p in message.parts if p.type in WORDS))
            for message in held.output
        ]
        output = tuple(message for message in words if message.parts)
        content = Content((), output, held.source, held.structured)
        halves.append(Speaker(answering.span, content, answering.agent_name))
    return halves


#: Parts that are words; the calls of tools stand on model calls and tools.
WORDS = frozenset({"text", "data", "media"})


def _may(span: StoredSpan) -> bool:
    return span.kind not in _SILENT and span.kind != "llm"


def _agents_first(speaker: Speaker) -> tuple[bool, tuple[int, int]]:
    return speaker.span.kind != "agent", by_start(speaker)
