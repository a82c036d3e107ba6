"""What a trace says as a whole: ancestors, roots, and whose tokens count."""

from __future__ import annotations

import time
from typing import Any

import pytest

from traces.ingest.resolving import (
    Node,
    has_failed,
    nearest_marked,
    outer_calls,
    resolve_agents,
    root_of,
    stand_in_root,
    sums_of,
)


def node(span_id: int, parent: int | None = None, **changes: Any) -> Node:
    values: dict[str, Any] = dict.fromkeys(
        ("end_us", "agent", "session", "user", "model", "provider", "service", "environment",
         "input_tokens", "output_tokens", "cost_usd")
    )  # fmt: skip
    values |= {"name": "x", "kind": "chain", "start_us": span_id}
    values |= {"is_error": False, "is_judge": False, "repeats": False}
    return Node(span_id=span_id, parent=parent, **(values | changes))


ANCESTORS = [
    pytest.param({1: None, 2: 1, 3: 2}, {1}, {1: None, 2: 1, 3: 1}, id="up a chain"),
    pytest.param({1: None, 2: 1, 3: 2}, {1, 2}, {1: None, 2: 1, 3: 2}, id="the nearest one"),
    pytest.param({3: 2, 4: 3}, {3}, {3: None, 4: 3}, id="a parent that is not there"),
    pytest.param({1: 2, 2: 1}, set(), {1: None, 2: None}, id="a circle of two"),
    pytest.param({1: 1}, set(), {1: None}, id="a span that is its own parent"),
]


@pytest.mark.parametrize(("parents", "marked", "expected"), ANCESTORS)
def test_the_nearest_marked_ancestor(
    parents: dict[int, int | None], marked: set[int], expected: dict[int, int | None]
) -> None:
    assert nearest_marked(parents, marked) == expected


def test_a_very_deep_trace_takes_no_longer_than_a_flat_one() -> None:
    deep = {number: number - 1 or None for number in range(1, 100_001)}
    started = time.perf_counter()
    found = nearest_marked(deep, {1})
    assert found[100_000] == 1
    assert time.perf_counter() - started < 2


def test_spans_outside_of_every_agent_take_the_only_one_of_a_whole_trace() -> None:
    whole = [node(1), node(2, 1, agent=7), node(3, 2), node(4, 1)]
    assert {node.span_id for node in resolve_agents(whole, is_complete=True)} == {
        1,
        3,
        4,
    }
    part = [node(1), node(2, 1, agent=7), node(3, 2), node(4, 1)]
    assert {node.span_id for node in resolve_agents(part, is_complete=False)} == {3}


def test_with_two_agents_spans_outside_of_both_stay_without() -> None:
    nodes = [node(1), node(2, 1, agent=7), node(3, 1, agent=8), node(4, 1)]
    assert resolve_agents(nodes, is_complete=True) == []


def test_the_first_of_several_roots_is_the_root() -> None:
    nodes = [node(5, start_us=9), node(6, start_us=3), node(7, 6, start_us=1)]
    assert root_of(nodes) is nodes[1]
    assert root_of(nodes[2:]) is None


def test_an_agent_span_stands_in_for_the_root() -> None:
    nodes = [node(2, 1, start_us=1), node(3, 1, kind="agent", start_us=5), node(4, 3)]
    assert stand_in_root(nodes) is nodes[1]
    circle = [node(1, 2), node(2, 1)]
    assert stand_in_root(circle) is circle[0]


def test_only_the_innermost_model_calls_are_paid_for() -> None:
    nodes = [
        node(1, kind="agent", input_tokens=300),
        node(2, 1, kind="llm", input_tokens=100),
        node(3, 2, kind="chain"),
        node(4, 3, kind="llm", input_tokens=100),
        node(5, 1, kind="llm", input_tokens=200, cost_usd=0.5),
        node(6, 1, kind="embedding", input_tokens=40, repeats=True),
        node(7, 6, kind="embedding", input_tokens=40),
    ]
    assert outer_calls(nodes) == {2, 6}
    sums = sums_of(nodes, outer_calls(nodes))
    assert (sums.input_tokens, sums.output_tokens, sums.cost_usd) == (340, None, 0.5)
    assert (sums.llm_count, sums.span_count) == (3, 7)


def agent(span_id: int, parent: int | None = None, **changes: Any) -> Node:
    return node(span_id, parent, kind="agent", **changes)


RUNS = [
    pytest.param([agent(1)], False, id="nothing failed"),
    pytest.param([agent(1, is_error=True)], True, id="the root failed"),
    pytest.param(
        [agent(1), node(2, 1), agent(3, 2, is_error=True), node(4, 3, kind="llm", is_error=True)],
        True,
        id="the agent inside of a workflow that is always ok failed",
    ),
    pytest.param(
        [agent(1), node(2, 1, kind="llm", is_error=True)], False, id="a model call was caught"
    ),
    pytest.param(
        [agent(1), node(2, 1, kind="tool"), agent(3, 2, is_error=True)],
        False,
        id="an agent inside of a tool failed: the caller was told",
    ),
    pytest.param(
        [node(1), agent(2, 1, is_error=True), agent(3, 1)], False, id="another agent went on"
    ),
    pytest.param(
        [node(1), agent(2, 1), agent(3, 1, is_error=True)], True, id="the last one failed"
    ),
    pytest.param(
        [node(1, end_us=9), agent(2, 1, end_us=8, is_error=True), agent(3, 1, end_us=7)],
        True,
        id="the last one is the one that ended last",
    ),
    pytest.param(
        [agent(1), agent(2, 1, is_error=True), node(3, 1, kind="llm")],
        False,
        id="the model was asked after an agent had failed",
    ),
    pytest.param([node(1), node(2, 1, is_error=True)], False, id="a step that failed was caught"),
    pytest.param(
        [node(1), agent(2, 1), agent(3, 1, is_error=True, is_judge=True)],
        False,
        id="a judge is no part of the run",
    ),
    pytest.param([agent(5, 6), agent(6, 5), node(1)], False, id="a circle beside the root"),
    pytest.param([agent(1, 1)], False, id="a root that is its own child"),
]


@pytest.mark.parametrize(("nodes", "failed"), RUNS)
def test_a_run_fails_with_its_root_or_with_the_agent_that_ended_it(
    nodes: list[Node], failed: bool
) -> None:
    root = next(each for each in nodes if each.span_id == 1)
    assert has_failed(nodes, root) is failed


def test_without_a_root_any_error_counts() -> None:
    assert has_failed([node(2, 9), node(3, 9, is_error=True)], None)
    assert not has_failed([node(2, 9)], None)
