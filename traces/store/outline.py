"""The spans of a trace as a tree, without their payloads: a trace may have ten thousand."""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import span_id_hex
from core.time_range.unix_time import nanoseconds_of
from traces import span_tree
from traces.models import Span, Trace
from traces.records import StoredSpan
from traces.span_tree import Node
from traces.store.reading import MAX_SPANS


@dataclass(frozen=True, slots=True)
class Outline:
    """rows: the spans by their id as 16 hex digits; nodes: the same in reading order, a parent
    before its children."""

    rows: dict[str, Span]
    nodes: list[Node]

    @property
    def in_order(self) -> list[tuple[Node, Span]]:
        return [(node, self.rows[node.span.span_id]) for node in self.nodes]


def outline(trace: Trace) -> Outline:
    """Return the first `MAX_SPANS` spans of a trace as its tree."""
    rows = {row.hex_id: row for row in Span.objects.of_trace(trace, MAX_SPANS)}
    return Outline(rows, span_tree.flatten(span_tree.build([_bare(row) for row in rows.values()])))


def _bare(row: Span) -> StoredSpan:
    """Return what the tree needs of a span."""
    return StoredSpan(
        trace_id=row.trace_id.hex,
        span_id=row.hex_id,
        parent_span_id=None if row.parent_span_id is None else span_id_hex(row.parent_span_id),
        name=row.name,
        kind=row.kind,
        start_ns=nanoseconds_of(row.start_time),
        end_ns=nanoseconds_of(row.end_time) if row.end_time else 0,
        is_error=row.is_error,
        agent_name=None,
        payload={},
    )
