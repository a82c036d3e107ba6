"""Traces of a clock that cannot be right: each is moved as a whole, so that it keeps its order.

Spans are stored by time, in a range around now. What begins outside of it, whether the sender's
clock is off or old traffic is imported, is brought to the time of its receipt:

1. A span whose end is sound, or that stands among sound spans, was broken alone: it begins with
   the earliest sound span of its trace, or ends where it said.
2. Otherwise the trace is moved: its last moment becomes the time of receipt, and all of its spans
   go the same way, also those that come in a later request. By how much tells a stored span,
   whose payload keeps what was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.background import locks
from core.background.locks import AdvisoryLock
from core.time_range.unix_time import microseconds_of
from traces.ingest.incoming import DAY_US, NEWEST_US, OLDEST_US, Incoming, in_range
from traces.models import SpanFlag
from traces.store.payload import unpack

#: One stored span of each trace, a sound one where there is one, the earliest of those.
FIRST_STORED = """
SELECT DISTINCT ON (s.trace_id) s.trace_id, s.flags, s.start_time, s.payload
FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
ORDER BY s.trace_id, s.flags & 1, s.start_time
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """What is stored of a trace says of its time, in µs: where it begins, and, when all of it
    was moved, by how much."""

    begins: int
    shift: int | None


def mend(cursor: Any, project_id: int, batch: dict[UUID, list[Incoming]], now_us: int) -> None:
    """Bring the spans of the batch that stand outside of the range into it.

    Call it first in the transaction: it waits for whoever else moves traces of the project.
    """
    suspects = [
        trace_id
        for trace_id, spans in batch.items()
        if any(span.flags & SpanFlag.CLOCK_SUSPECT for span in spans)  # few have any
        and not all(_is_sound(span, now_us) for span in spans)
    ]
    if not suspects:
        return
    locks.wait_for_one_of(cursor, AdvisoryLock.CLOCKS, project_id)
    cursor.execute(FIRST_STORED, [project_id, suspects])
    stored = cursor.fetchall()
    clocks = {id_: _clock(flags, start, sent, now_us) for id_, flags, start, sent in stored}
    for trace_id in suspects:
        move(batch[trace_id], clocks.get(trace_id), now_us)


def _clock(flags: int, start: Any, payload: bytes, now_us: int) -> Clock:
    begins = microseconds_of(start)
    sent = unpack(payload)
    began, ended = sent["start_ns"] // 1000, sent["end_ns"] // 1000
    is_moved = flags & SpanFlag.CLOCK_SUSPECT and began not in (0, begins)
    return Clock(begins, begins - began if is_moved and not in_range(ended, now_us) else None)


def _is_sound(span: Incoming, now_us: int) -> bool:
    return in_range(span.record.start_ns // 1000, now_us)


def move(spans: Sequence[Incoming], stored: Clock | None, now_us: int) -> None:
    """Set the times of those spans of one trace that stand outside of the range."""
    suspects = [span for span in spans if not _is_sound(span, now_us)]
    sound = [span.node.start_us for span in spans if _is_sound(span, now_us)]
    shift = stored.shift if stored else None
    if stored and shift is None:
        sound.append(stored.begins)
    if shift is None and not sound:
        shift = _whole_shift(suspects, now_us)
    anchor = min(sound, default=stored.begins if stored else now_us)
    for span in suspects:
        start, end = _sent(span)
        if end is not None and in_range(end, now_us):
            start = min(anchor, end)
        elif shift is not None and start:
            start, end = start + shift, None if end is None else end + shift
        else:
            start, end = anchor, None if end is None else anchor + _lasted(start, end)
        _set(span, start, end, now_us)


def _whole_shift(suspects: Sequence[Incoming], now_us: int) -> int | None:
    """Return what brings the last moment that these spans name to now; None when they name none."""
    sent = [(start, end or start) for start, end in map(_sent, suspects) if start]
    moments = [max(start, end) for start, end in sent if not in_range(end, now_us)]
    return now_us - max(moments) if moments else None


def _sent(span: Incoming) -> tuple[int, int | None]:
    """Return start and end as they were sent, in µs; 0 for no start, None for no end."""
    record = span.record
    return record.start_ns // 1000, record.end_ns // 1000 if record.end_ns else None


def _lasted(start: int, end: int) -> int:
    return end - start if start and 0 <= end - start <= DAY_US else 0


def _set(span: Incoming, start: int, end: int | None, now_us: int) -> None:
    """Set start and end, in µs; spans further apart than the range is long meet at its ends."""
    first, last = now_us - OLDEST_US, now_us + NEWEST_US
    span.node.start_us = min(max(start, first), last)
    if end is not None:
        span.node.end_us = min(max(end, span.node.start_us), last)
