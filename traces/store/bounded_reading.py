"""Spans of whole traces, read within a bound of bytes.

A long conversation is sent again with every model call, so a hundred turns may hold gigabytes.
1. `sizes` looks at the first bytes of each payload, which say how large its JSON is.
2. Whoever reads decides by the sizes which traces are worth it.
3. Of a trace that is larger than `MOST_BYTES` by itself, the root is read first, then the newest
   model calls, since they repeat what was said before; what does not fit stays unread and is
   counted in the transcript.
4. `batches` lets the traces be read and let go some at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import zstandard

from traces.records import StoredSpan
from traces.store import reading

#: Bytes of JSON that are read of one trace.
MOST_BYTES: Final = 64_000_000
#: Spans, and bytes of their JSON, that are in memory at a time, unless one trace has more.
SPANS_AT_ONCE = 2_000
BYTES_AT_ONCE = 8_000_000

#: The first bytes of a payload hold zstd's frame header, and with it the size of the JSON.
SIZES = """
SELECT t.trace_id, s.span_id, s.kind = 'llm', s.parent_span_id IS NULL, s.header, l.size
FROM trace t
CROSS JOIN LATERAL (
    SELECT s.span_id, s.kind, s.parent_span_id, s.start_time, substr(s.payload, 1, 18) AS header
    FROM span s
    WHERE s.project_id = t.project_id AND s.trace_id = t.trace_id
      AND s.start_time BETWEEN t.start_time AND t.end_time
    ORDER BY s.start_time, s.span_id
    LIMIT %s
) s
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.size), 0)::bigint AS size
    FROM span_log l WHERE l.project_id = t.project_id AND l.trace_id = t.trace_id
) l
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
ORDER BY s.start_time, s.span_id
"""


@dataclass(frozen=True, slots=True)
class TraceSize:
    """What reading a trace takes: its spans, and the bytes of JSON in those that are read.

    unread: the spans that do not fit into `MOST_BYTES`.
    """

    trace_id: UUID
    spans: int = 0
    bytes: int = 0
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _SpanSize:
    span_id: int
    is_call: bool
    is_root: bool
    bytes: int


def sizes(project_id: int, trace_ids: Sequence[UUID]) -> dict[UUID, TraceSize]:
    """Return the size of each of these traces without reading them; every id is a key."""
    spans: dict[UUID, list[_SpanSize]] = defaultdict(list)
    logged: dict[UUID, int] = {}
    values = [reading.MAX_SPANS, project_id, list(trace_ids)]
    for trace_id, span_id, is_call, is_root, header, log_bytes in reading.fetch(SIZES, values):
        spans[trace_id].append(_SpanSize(span_id, is_call, is_root, json_bytes(header)))
        logged[trace_id] = log_bytes
    return {
        trace_id: _size_of(trace_id, spans[trace_id], logged.get(trace_id, 0))
        for trace_id in trace_ids
    }


def spans_of_trace(project_id: int, trace_id: UUID) -> list[StoredSpan]:
    """Return the spans of one trace, those beyond `MOST_BYTES` without their payload."""
    return read(project_id, [sizes(project_id, [trace_id])[trace_id]])[trace_id]


def in_batches(
    project_id: int, traces: Iterable[TraceSize]
) -> Iterator[dict[UUID, list[StoredSpan]]]:
    """Yield the spans of these traces in the same order, some traces at a time."""
    for batch in batches(traces):
        yield read(project_id, batch)


def read(project_id: int, batch: Sequence[TraceSize]) -> dict[UUID, list[StoredSpan]]:
    """Return the spans of the traces of one batch."""
    unread = [span_id for size in batch for span_id in size.unread]
    return reading.spans_of_traces(project_id, [size.trace_id for size in batch], unread=unread)


def batches(traces: Iterable[TraceSize]) -> Iterator[list[TraceSize]]:
    """Yield the sizes in the same order, as many as may be in memory at a time.

    A trace with unread spans stands alone: their ids are unique only within it.
    """
    batch: list[TraceSize] = []
    spans = size = 0
    for trace in traces:
        is_full = spans + trace.spans > SPANS_AT_ONCE or size + trace.bytes > BYTES_AT_ONCE
        if batch and (is_full or trace.unread or batch[-1].unread):
            yield batch
            batch, spans, size = [], 0, 0
        batch.append(trace)
        spans, size = spans + trace.spans, size + trace.bytes
    if batch:
        yield batch


def _size_of(trace_id: UUID, spans: list[_SpanSize], logged: int) -> TraceSize:
    total = sum(span.bytes for span in spans) + logged
    if total <= MOST_BYTES:
        return TraceSize(trace_id, len(spans), total)
    left, unread = MOST_BYTES - logged, []
    newest_first = spans[::-1]
    for span in sorted(newest_first, key=_by_worth):
        if span.bytes <= left:
            left -= span.bytes
        else:
            unread.append(span.span_id)
    return TraceSize(trace_id, len(spans), MOST_BYTES - left, tuple(unread))


def _by_worth(span: _SpanSize) -> tuple[bool, bool]:
    return not span.is_root, not span.is_call


def json_bytes(header: bytes | memoryview) -> int:
    """Return the size of a payload's JSON by its first 18 bytes."""
    try:
        return max(0, zstandard.frame_content_size(bytes(header)))
    except zstandard.ZstdError:
        return 0  # no payload of ours: whoever reads it says so
