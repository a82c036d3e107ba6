"""The spans of one trace as trees. Pure, linear, without recursion: a trace may be as deep
as its sender likes, and may hold orphans, several roots and cycles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from traces.records import StoredSpan


@dataclass(slots=True)
class Node:
    span: StoredSpan
    children: list[Node] = field(default_factory=list)  # by start
    depth: int = 0  # 0 for a root


def build(spans: list[StoredSpan]) -> list[Node]:
    """Return the roots by start, with their children below them. Every span is in it exactly once.

    A span whose parent is not among `spans` is a root. Of a cycle the earliest span becomes
    a root. Of two spans with one id the earlier is the parent of the children.
    """
    nodes = [Node(span) for span in sorted(spans, key=_when)]
    by_id: dict[str, Node] = {}
    for node in nodes:
        by_id.setdefault(node.span.span_id, node)
    roots: list[Node] = []
    for node in nodes:
        parent = by_id.get(node.span.parent_span_id or "")
        if parent is None or parent is node:
            roots.append(node)
        else:
            parent.children.append(node)
    seen: set[int] = set()
    for root in roots:
        _set_depths(root, seen)
    for node in nodes:  # what no root reaches stands in a cycle
        if id(node) not in seen:
            _cut_off(node, by_id)
            roots.append(node)
            _set_depths(node, seen)
    roots.sort(key=_node_when)
    return roots


def flatten(nodes: list[Node]) -> list[Node]:
    """Return every node in reading order: a parent, then its children."""
    in_order: list[Node] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        in_order.append(node)
        waiting.extend(reversed(node.children))
    return in_order


def _set_depths(root: Node, seen: set[int]) -> None:
    root.depth = 0
    waiting = [root]
    while waiting:
        node = waiting.pop()
        seen.add(id(node))
        for child in node.children:
            child.depth = node.depth + 1
            waiting.append(child)


def _cut_off(node: Node, by_id: dict[str, Node]) -> None:
    """Take the node from its parent, so that the cycle that it stands in is open."""
    parent = by_id[node.span.parent_span_id or ""]
    parent.children = [child for child in parent.children if child is not node]


def _when(span: StoredSpan) -> tuple[int, str]:
    return span.start_ns, span.span_id


def _node_when(node: Node) -> tuple[int, str]:
    return _when(node.span)
