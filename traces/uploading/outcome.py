"""What became of an upload, kept while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.time_range.unix_time import moment_of
from traces.records import SpanRecord

#: How many errors are kept; the others are counted only.
MOST_ERRORS: Final = 100


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with a line, or with a message of a protobuf file, counted from 1."""

    line: int
    sentence: str


@dataclass(slots=True)
class Uploaded:
    """How far an upload is, or what became of it.

    lines: the lines that are not blank, or messages. lines_refused: of these, those of which
    nothing could be read. spans_accepted: spans that are in the project now; `duplicates` of them
    were there already, or twice in the file. earliest, latest: the first and the last start of an
    accepted span, None for none. errors: the first `MOST_ERRORS` of `error_count`.
    """

    lines: int = 0
    lines_refused: int = 0
    spans_accepted: int = 0
    spans_rejected: int = 0
    duplicates: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    error_count: int = 0
    errors: list[LineError] = field(default_factory=list)
    last_line: int = 0

    def say(self, line: int, sentence: str) -> None:
        """Note what is wrong in a line."""
        self.error_count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(LineError(line, sentence))

    def refuse(self, line: int, sentence: str) -> None:
        """Note that nothing of a line can be read, and why."""
        self.lines_refused += 1
        self.say(line, sentence)

    def stored(self, records: Sequence[SpanRecord], changed: int) -> None:
        """Note records that are stored now, `changed` of which were not so before."""
        self.spans_accepted += len(records)
        self.duplicates += len(records) - changed
        starts = [record.start_ns for record in records]
        first, last = moment_of(min(starts) // 1000), moment_of(max(starts) // 1000)
        self.earliest = first if self.earliest is None else min(first, self.earliest)
        self.latest = last if self.latest is None else max(last, self.latest)
