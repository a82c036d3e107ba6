"""Spans as trees, however broken the trace."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traces.conversations import span
from traces.records import StoredSpan
from traces.span_tree import build, flatten


def _drawn(spans: list[StoredSpan]) -> list[str]:
    """One line for each node: indentation by depth, the number of the span."""
    return ["  " * node.depth + str(int(node.span.span_id, 16)) for node in flatten(build(spans))]


def test_children_stand_below_their_parent_by_start():
    spans = [span(4, parent=2, at=3), span(3, parent=1, at=5), span(2, parent=1, at=2), span(1)]
    assert _drawn(spans) == ["1", "  2", "    4", "  3"]


def test_an_orphan_is_a_root():
    assert _drawn([span(1, at=1), span(2, parent=77, at=0), span(3, parent=2, at=2)]) == [
        "2",
        "  3",
        "1",
    ]


def test_a_cycle_opens_at_its_earliest_span():
    spans = [span(1, parent=3, at=2), span(2, parent=1, at=1), span(3, parent=2, at=3)]
    assert _drawn(spans) == ["2", "  3", "    1"]


def test_a_span_that_is_its_own_parent_is_a_root():
    assert _drawn([span(1, parent=1), span(2, parent=1, at=1)]) == ["1", "  2"]


def test_two_spans_with_one_id_are_both_kept():
    assert _drawn([span(1, at=0), span(1, at=1), span(2, parent=1, at=2)]) == ["1", "  2", "1"]


def test_no_spans_make_no_tree():
    assert build([]) == []


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 9), st.integers(0, 5)), max_size=12))
def test_every_span_is_in_the_tree_once(rows: list[tuple[int, int, int]]):
    spans = [span(number, parent=parent, at=at) for number, parent, at in rows]
    nodes = flatten(build(spans))
    assert sorted(id(node.span) for node in nodes) == sorted(map(id, spans))
    for node in nodes:
        assert all(child.depth == node.depth + 1 for child in node.children)
