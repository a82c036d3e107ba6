"""Spans of whole traces as they are stored, in pieces of bounded size.

A trace may have a hundred thousand spans of megabytes each. So first the places of some spans are
read, with the sizes of their payloads, in the order of the key; then as many payloads as may be in
memory. What goes between the two is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.time_range.unix_time import nanoseconds_of
from traces.ingest.resolving import outer_calls
from traces.models import SpanFlag
from traces.store.bounded_reading import json_bytes
from traces.store.reading import LOGS, fetch, unpack_with_logs

#: In memory at a time; a larger span stands alone.
SPANS_AT_ONCE: Final = 500
BYTES_AT_ONCE: Final = 2_000_000
PLACES_AT_ONCE: Final = 2_000
#: Of a trace with more spans, a call that repeats the tokens of others is known by its convention.
MOST_KIN: Final = 100_000

PLACES = """
SELECT r.trace_id, s.span_id, s.start_time, s.header
FROM unnest(%s::uuid[]) WITH ORDINALITY AS r(trace_id, place)
JOIN trace t ON t.project_id = %s AND t.trace_id = r.trace_id
CROSS JOIN LATERAL (
    SELECT span_id, start_time, substr(payload, 1, 18) AS header FROM span
    WHERE project_id = t.project_id AND trace_id = t.trace_id
      AND start_time BETWEEN t.start_time AND t.end_time
      AND (span_id, start_time) > (%s, %s)
    ORDER BY span_id, start_time
    LIMIT %s) s
ORDER BY r.place, s.span_id, s.start_time
"""

SPANS = f"""
SELECT s.trace_id, s.span_id, s.parent_span_id, s.name, s.kind, s.start_time, s.end_time,
    s.is_error, s.flags, s.session_id, s.user_id, s.model, s.provider, s.input_tokens,
    s.output_tokens, s.cache_read_tokens, s.reasoning_tokens, s.cost_usd, a.identity, a.name,
    s.payload, l.logs
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS r(trace_id, span_id, start_time)
CROSS JOIN LATERAL (
    SELECT * FROM span
    WHERE project_id = %s AND trace_id = r.trace_id AND span_id = r.span_id
      AND start_time = r.start_time OFFSET 0) s
JOIN trace t ON t.project_id = s.project_id AND t.trace_id = s.trace_id
LEFT JOIN traces_agent a ON a.id = s.agent_id AND a.project_id = s.project_id
{LOGS}
"""

KIN = """
SELECT s.trace_id, s.span_id, s.parent_span_id, s.kind, s.flags & 8 <> 0
FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
LIMIT %s
"""


@dataclass(slots=True)
class Stored:
    """A span: its columns, and `payload`, all that was sent. Times are nanoseconds, an end of 0
    has not come. repeats: its tokens are those of the spans below it."""

    trace_id: UUID
    span_id: int
    parent: int | None
    name: str
    kind: str
    start: datetime
    end: datetime | None
    is_error: bool
    flags: int
    session: str | None
    user: str | None
    model: str | None
    provider: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    agent_identity: str | None
    agent_name: str | None
    payload: dict[str, Any]
    repeats: bool = False

    @property
    def times_ns(self) -> tuple[int, int]:
        """Start and end as they were sent; as stored where they cannot be right."""
        start_ns, end_ns = self.payload["start_ns"], self.payload["end_ns"]
        if self.flags & SpanFlag.CLOCK_SUSPECT or (end_ns and end_ns < start_ns):
            return nanoseconds_of(self.start), nanoseconds_of(self.end) if self.end else 0
        return start_ns, end_ns


class Place(NamedTuple):
    """Where a span stands, and the bytes of JSON in its payload."""

    trace_id: UUID
    span_id: int
    start: datetime
    bytes: int


class Kin(NamedTuple):
    """What tells whether the tokens of a span are those of the spans below it."""

    span_id: int
    parent: int | None
    kind: str
    repeats: bool


def pieces(
    project_id: int, counts: Mapping[UUID, int], with_kin: bool = False
) -> Iterator[list[Stored]]:
    """Yield the spans of these traces, trace by trace in the order of the mapping.

    counts: about how many spans each has. with_kin: whether `repeats` is wanted.
    """
    for group in _groups(counts):
        repeating = _repeating(project_id, group) if with_kin else set()
        for places in _pieces_of_places(_places(project_id, group)):
            spans = _read(project_id, places)
            for span in spans:
                span.repeats = (span.trace_id, span.span_id) in repeating
            yield spans


def _groups(counts: Mapping[UUID, int]) -> Iterator[list[UUID]]:
    """Yield traces whose places may be read at once; a trace with more than that stands alone."""
    group: list[UUID] = []
    spans = 0
    for trace_id, count in counts.items():
        if group and spans + count > PLACES_AT_ONCE:
            yield group
            group, spans = [], 0
        group.append(trace_id)
        spans += count
    if group:
        yield group


def _places(project_id: int, group: Sequence[UUID]) -> Iterator[Place]:
    """Yield the places of these traces' spans: all at once, then the rest of a larger trace."""
    by_trace: dict[UUID, list[Place]] = {trace_id: [] for trace_id in group}
    for place in _next_places(project_id, group, None):
        by_trace[place.trace_id].append(place)
    for trace_id in group:
        some = by_trace.pop(trace_id)
        yield from some
        while len(some) == PLACES_AT_ONCE:
            some = _next_places(project_id, [trace_id], some[-1])
            yield from some


def _next_places(project_id: int, group: Sequence[UUID], after: Place | None) -> list[Place]:
    key = (-(2**63), "-infinity") if after is None else (after.span_id, after.start)
    rows = fetch(PLACES, [list(group), project_id, *key, PLACES_AT_ONCE])
    return [Place(trace, span, start, json_bytes(header)) for trace, span, start, header in rows]


def _pieces_of_places(places: Iterator[Place]) -> Iterator[list[Place]]:
    piece: list[Place] = []
    size = 0
    for place in places:
        if piece and (len(piece) >= SPANS_AT_ONCE or size + place.bytes > BYTES_AT_ONCE):
            yield piece
            piece, size = [], 0
        piece.append(place)
        size += place.bytes
    if piece:
        yield piece


def _read(project_id: int, places: Sequence[Place]) -> list[Stored]:
    """Return the spans at these places that are still there, each trace's in order of time."""
    columns = [list(column) for column in zip(*(place[:3] for place in places), strict=True)]
    rows = fetch(SPANS, [*columns, project_id])
    spans = [Stored(*(*row[:-2], unpack_with_logs(*row[-2:]))) for row in rows]
    order = {place.trace_id: number for number, place in enumerate(places)}
    return sorted(spans, key=lambda span: (order[span.trace_id], span.start, span.span_id))


def _repeating(project_id: int, group: Sequence[UUID]) -> set[tuple[UUID, int]]:
    by_trace: dict[UUID, list[Kin]] = {}
    for trace_id, *kin in fetch(KIN, [project_id, list(group), MOST_KIN]):
        by_trace.setdefault(trace_id, []).append(Kin(*kin))
    return {
        (trace_id, span_id) for trace_id, kin in by_trace.items() for span_id in outer_calls(kin)
    }
