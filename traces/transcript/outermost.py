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
    """For each run the outermost span that says both, or one that asks and one that answers.

    Runs are the roots; and below a span without words that is no step of an agent's work
    (a request, a script) the agents or chains beside each other, each on its own.
    `around` names model calls that may speak too.
    """
    found: list[Speaker] = []
    waiting = list(reversed(roots))
    while waiting and len(found) < _MOST_RUNS:
        speakers, runs = _of_run(waiting.pop(), read, around)
        found += speakers
        waiting.extend(reversed(runs))
    return found


def _of_run(root: Node, read: Read, around: frozenset[str]) -> tuple[list[Speaker], list[Node]]:
    """What a run says; or the runs that it consists of."""
    asked: Speaker | None = None
    answered: Speaker | None = None
    level, is_step = [root], False
    while level:
        nodes = [n for n in _bounded(level) if _may(n.span) or n.span.span_id in around]
        ready = [read(node.span) for node in nodes]
        if level != [root] and asked is None and answered is None:
            runs = _runs(nodes, ready, is_step)
            if runs:
                return [], runs
        ready.sort(key=_agents_first)
        for speaker in ready:
            if speaker.content.input and speaker.content.output and not (asked or answered):
                return [speaker], []
        asked = asked or next((one for one in ready if one.content.input), None)
        answered = answered or next((one for one in reversed(ready) if one.content.output), None)
        if asked and answered:
            break
        is_step = is_step or any(node.span.kind in _RUNS for node in nodes)
        level = [child for node in level for child in node.children]
    return _halves(asked, answered), []


def _runs(nodes: list[Node], ready: list[Speaker], is_step: bool) -> list[Node]:
    """The nodes of one level that are runs of their own; [] unless there are several."""
    kinds = {"agent"} if is_step else _RUNS
    for kind in ("agent", "chain"):
        said = [
            node
            for node, one in zip(nodes, ready, strict=True)
            if node.span.kind == kind and (one.content.input or one.content.output)
        ]
        if kind in kinds and len(said) > 1:
            return [node for node in nodes if node.span.kind == kind]
    return []


def _bounded(level: list[Node]) -> list[Node]:
    half = _MOST_OF_LEVEL // 2
    return level if len(level) <= _MOST_OF_LEVEL else level[:half] + level[-half:]


def _halves(asked: Speaker | None, answered: Speaker | None) -> list[Speaker]:
    """A question and an answer that stand on two spans."""
    halves = []
    if asked:
        content = Content(asked.content.input, (), asked.content.source, asked.content.structured)
        halves.append(Speaker(asked.span, content, asked.agent_name))
    if answered:
        held = answered.content
        words = [
            Message(said.role, tuple(p for p in said.parts if p.type in WORDS))
            for said in held.output
        ]
        output = tuple(said for said in words if said.parts)
        content = Content((), output, held.source, held.structured)
        halves.append(Speaker(answered.span, content, answered.agent_name))
    return halves


#: Parts that are words; the calls of tools stand on model calls and tools.
WORDS = frozenset({"text", "data", "media"})


def _may(span: StoredSpan) -> bool:
    return span.kind not in _SILENT and span.kind != "llm"


def _agents_first(speaker: Speaker) -> tuple[bool, tuple[int, int]]:
    return speaker.span.kind != "agent", by_start(speaker)
