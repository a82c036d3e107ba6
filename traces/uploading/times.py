"""Which times an upload keeps. Pure.

Ingest brings a span whose clock cannot be right to the time of its receipt; an upload is history,
so a span that cannot be kept at its own time is refused instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.time_range.unix_time import moment_of
from traces.ingest.incoming import DAY_US, NEWEST_US, OLDEST_US
from traces.records import SpanRecord


@dataclass(frozen=True, slots=True)
class Kept:
    """Spans between these moments are kept, in µs since the epoch. days: how far back that is."""

    oldest_us: int
    newest_us: int
    days: int

    def fault_of(self, record: SpanRecord) -> str:
        """Say why a span cannot be kept at its time, "" where it can."""
        if not record.start_ns:
            return "it has no start time"
        start, end = record.start_ns // 1000, record.end_ns // 1000
        if start < self.oldest_us:
            return f"it began on {_day(start)}, and traffic is kept for {self.days} days"
        for what, moment in (("begins", start), ("ends", end)):
            if moment > self.newest_us:
                return f"it {what} on {_day(moment)}, which is in the future"
        return ""


def kept_times(now_us: int, retention_days: int) -> Kept:
    """Return the times that are kept: as far back as ingest takes spans, or RETENTION_DAYS."""
    most = OLDEST_US // DAY_US
    days = min(most, retention_days) if retention_days > 0 else most
    return Kept(now_us - days * DAY_US, now_us + NEWEST_US, days)


def _day(moment_us: int) -> str:
    return f"{moment_of(moment_us):%Y-%m-%d}"
