"""One trace summed up for good, once it lies still: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.time_range.unix_time import moment_of
from traces.ingest.resolving import (
    Node,
    has_failed,
    outer_calls,
    resolve_agents,
    root_of,
    stand_in_root,
    sums_of,
)
from traces.ingest.trace_rows import said_columns, sums_columns


@dataclass(slots=True)
class Claimed:
    """A trace's row as it was when it was claimed. named: spans that were given an agent since."""

    project_id: int
    trace_id: UUID
    revision: int
    agent_id: int | None
    session_id: str | None
    user_id: str | None
    service: str | None
    span_count: int
    is_uploaded: bool = False
    named: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Settled:
    """What is written of a trace once it has settled.

    main_span: the root or what stands in for it, whose name and words stand for the trace.
    columns: of `trace`. links: rows of `agent_trace`. filled: rows of spans that learned their
    agent, session or user from the whole trace.
    """

    claimed: Claimed
    nodes: list[Node]
    main_span: Node
    columns: dict[str, Any]
    links: list[dict[str, Any]]
    filled: list[dict[str, Any]]


def settle(claimed: Claimed, nodes: list[Node]) -> Settled:
    """Sum up a claimed trace from all of its spans, at least one; these are filled in place."""
    root = root_of(nodes)
    main_span = root or stand_in_root(nodes)
    assert main_span is not None, "a claimed trace has spans"
    filled = _fill(claimed, nodes)
    outer = outer_calls(nodes)
    sums = sums_of(nodes, outer)
    derived = said_columns(nodes, root)
    columns = {
        "trace_id": claimed.trace_id,
        **derived,
        "agent_id": derived["agent_id"] or claimed.agent_id,
        "session_id": claimed.session_id,
        "user_id": claimed.user_id,
        "name": main_span.name,
        "is_error": has_failed(nodes, root),
        **sums_columns(sums),
        "start_time": moment_of(min(node.start_us for node in nodes)),
        "end_time": moment_of(_end(nodes)),
    }
    return Settled(claimed, nodes, main_span, columns, links_of(claimed, nodes, outer), filled)


def _fill(claimed: Claimed, nodes: list[Node]) -> list[dict[str, Any]]:
    """Give agent, session and user to spans that name none; return a row for each changed one."""
    changed = claimed.named | {node.span_id for node in resolve_agents(nodes, is_complete=True)}
    nobody = all(node.agent is None for node in nodes)
    for node in nodes:
        before = (node.agent, node.session, node.user)
        if nobody:
            node.agent = claimed.agent_id
        node.session = node.session or claimed.session_id
        node.user = node.user or claimed.user_id
        if (node.agent, node.session, node.user) != before:
            changed.add(node.span_id)
    return [
        {
            "trace_id": claimed.trace_id,
            "span_id": node.span_id,
            "start_time": moment_of(node.start_us),
            "agent_id": node.agent,
            "session_id": node.session,
            "user_id": node.user,
        }
        for node in nodes
        if node.span_id in changed
    ]


def links_of(claimed: Claimed, nodes: Sequence[Node], outer: set[int]) -> list[dict[str, Any]]:
    """Return a row for each agent of the trace, measured on its own spans.

    outer: the model calls that no other model call encloses, whose tokens count.
    """
    parts: dict[int, list[Node]] = {}
    for node in nodes:
        if node.agent is not None and not node.is_judge:
            parts.setdefault(node.agent, []).append(node)
    return [_link(claimed, agent, part, outer) for agent, part in parts.items()]


def _link(claimed: Claimed, agent: int, part: list[Node], outer: set[int]) -> dict[str, Any]:
    start, end = min(node.start_us for node in part), _end(part)
    top = root_of(part) or stand_in_root(part)
    sums = sums_columns(sums_of(part, outer))
    return {
        "agent_id": agent,
        "trace_id": claimed.trace_id,
        "session_id": claimed.session_id,
        "start_time": moment_of(start),
        "duration_ms": (end - start) / 1000,
        "is_error": top is not None and has_failed(part, top),
        **sums,
    }


def _end(nodes: Sequence[Node]) -> int:
    return max(node.start_us if node.end_us is None else node.end_us for node in nodes)
