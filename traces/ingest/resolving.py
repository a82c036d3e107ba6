"""What a trace says that its spans do not say one by one: pure, for ingest and settling.

Agent, session and user usually stand on one span only, often the one that arrives last.
Outer spans repeat the tokens of the model calls inside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Node:
    """One span of a trace, as far as its trace is concerned. Times in µs since the epoch."""

    span_id: int
    parent: int | None
    name: str
    kind: str
    start_us: int
    end_us: int | None
    is_error: bool
    is_judge: bool
    repeats: bool  # its tokens are those of the spans below it
    agent: int | None
    session: str | None
    user: str | None
    model: str | None
    provider: str | None
    service: str | None
    environment: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


@dataclass(slots=True)
class Sums:
    """Counts of some spans, and tokens and cost of the model calls among them."""

    span_count: int = 0
    error_count: int = 0
    llm_count: int = 0
    tool_count: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


#: Kinds of spans that only hold others: what happened at their end happened to the run.
_STEPS = frozenset({"agent", "chain", "other"})

PAID_KINDS = frozenset({"llm", "embedding", "reranker"})


def nearest_marked(parents: Mapping[int, int | None], marked: Set[int]) -> dict[int, int | None]:
    """Return for each span the nearest of its ancestors (not itself) in `marked`, else None.

    `parents` maps span to parent; a parent that is no key is unknown. Cycles end at None.
    Linear in the number of spans, however deep the trace.
    """
    answer: dict[int, int | None] = {}
    for start in parents:
        path: list[int] = []
        on_path: set[int] = set()
        at: int | None = start
        nearest: int | None = None
        while at is not None and at in parents and at not in on_path:
            if at in answer:
                nearest = answer[at]
                break
            path.append(at)
            on_path.add(at)
            at = parents[at]
            if at in marked:
                nearest = at
                break
        for span in reversed(path):
            answer[span] = nearest
            if span in marked:
                nearest = span
    return answer


def root_of(nodes: Sequence[Node]) -> Node | None:
    """Return the span without a parent; of several, the one that started first."""
    roots = [node for node in nodes if node.parent is None and not node.is_judge]
    return min(roots, key=lambda node: (node.start_us, node.span_id)) if roots else None


def stand_in_root(nodes: Sequence[Node]) -> Node | None:
    """Return the root of a trace whose root never came: an agent span if there is one, the
    first."""
    known = {node.span_id for node in nodes}
    tops = [node for node in nodes if node.parent not in known] or list(nodes)
    return min(tops, key=lambda n: (n.is_judge, n.kind != "agent", n.start_us), default=None)


def resolve_agents(nodes: Sequence[Node], is_complete: bool) -> list[Node]:
    """Give an agent to spans without one: the nearest ancestor's, and, when the trace is
    `is_complete` and has one agent only, that one's. Returns the nodes that changed."""
    own = {node.span_id: node.agent for node in nodes if node.agent is not None}
    if not own or len(own) == len(nodes):
        return []
    only = next(iter(own.values())) if len(set(own.values())) == 1 and is_complete else None
    changed = []
    ancestors = nearest_marked({node.span_id: node.parent for node in nodes}, own.keys())
    for node in nodes:
        if node.agent is None:
            above = ancestors[node.span_id]
            node.agent = own[above] if above is not None else only
            if node.agent is not None:
                changed.append(node)
    return changed


def has_failed(nodes: Sequence[Node], root: Node | None) -> bool:
    """Say whether the run of these spans failed.

    It did when its root says so, or when it ended in an agent that failed: from the root down,
    always to the span that ended last, through agents and steps only. Some SDKs put a workflow
    around the agent whose status is always OK (OpenAI Agents). An agent that failed inside of a
    tool, or before something else went on, was handled. Without a root, any error counts.
    """
    if root is None:
        return any(node.is_error for node in nodes)
    last: dict[int, Node] = {}
    for node in nodes:
        if node.parent is not None and not node.is_judge:
            other = last.get(node.parent)
            if other is None or _ended(node) >= _ended(other):
                last[node.parent] = node
    at: Node | None = root
    has_error = root.is_error
    passed = set[int]()
    while at is not None and at.kind in _STEPS and at.span_id not in passed:
        has_error = has_error or (at.is_error and at.kind == "agent")
        passed.add(at.span_id)
        at = last.get(at.span_id)
    return has_error


def _ended(node: Node) -> tuple[int, int]:
    return node.start_us if node.end_us is None else node.end_us, node.start_us


def first_said(nodes: Sequence[Node], root: Node | None, column: str) -> str | None:
    """Return the root's word for it, else that of the first span that has one."""
    if root is not None and (word := getattr(root, column)):
        return str(word)
    said = [node for node in nodes if getattr(node, column)]
    return str(getattr(min(said, key=lambda n: n.start_us), column)) if said else None


class Relative(Protocol):
    """What tells whether the tokens of a span are those of the spans below it."""

    @property
    def span_id(self) -> int: ...
    @property
    def parent(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def repeats(self) -> bool: ...


def outer_calls(nodes: Sequence[Relative]) -> set[int]:
    """Return the spans that repeat the tokens of others: by their convention, or because they are
    model calls with model calls below them."""
    repeating = {node.span_id for node in nodes if node.repeats}
    calls = {node.span_id for node in nodes if node.kind == "llm"}
    if len(calls) < 2:
        return repeating
    parents = {node.span_id: node.parent for node in nodes}
    above = nearest_marked(parents, calls)
    return repeating | {up for call in calls if (up := above[call]) is not None and up != call}


def sums_of(nodes: Sequence[Node], outer: Set[int]) -> Sums:
    """Count the nodes, and sum tokens and cost of the paid kinds among them, `outer` left out."""
    sums = Sums(span_count=len(nodes))
    for node in nodes:
        sums.error_count += node.is_error
        sums.llm_count += node.kind == "llm"
        sums.tool_count += node.kind == "tool"
        if node.kind in PAID_KINDS and node.span_id not in outer:
            sums.input_tokens = plus(sums.input_tokens, node.input_tokens)
            sums.output_tokens = plus(sums.output_tokens, node.output_tokens)
            if node.cost_usd is not None:
                sums.cost_usd = (sums.cost_usd or 0.0) + node.cost_usd
    return sums


def plus(left: int | None, right: int | None) -> int | None:
    """Add up, where None means unknown: the sum stays None only when both are."""
    return left if right is None else right + (left or 0)
