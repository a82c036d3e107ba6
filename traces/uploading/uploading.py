"""Upload a file of traffic: its spans are stored at their own times, and never judged as live.

A bad entry is refused alone, and so is a bad span in it; what cannot be read further ends the
upload, and what was read is stored. All goes through the decoding and the writer of ingest, in
batches that are durable one by one: an upload that broke off is simply made again, since what is
there already changes nothing. Signals judge uploaded traffic by a run (docs/decisions.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

import psycopg
from django.conf import settings
from django.db import connection

from core.acting import Door, who_acts
from core.time_range.unix_time import microseconds_of
from teams import audit
from teams.models import Project
from traces.ingest import writer
from traces.otlp import Refused
from traces.records import Decoded, SpanRecord
from traces.uploading.day_limit import FileOfDay
from traces.uploading.decoding import Format, decoder
from traces.uploading.entries import Entry
from traces.uploading.outcome import Uploaded
from traces.uploading.pieces import Readable, Unreadable, pieces_of
from traces.uploading.times import Kept, kept_times

log = logging.getLogger(__name__)

#: What is gathered before it is written, unless one entry holds more.
SPANS_AT_ONCE: Final = 1_000
BYTES_AT_ONCE: Final = 4 * 1024 * 1024

OnProgress = Callable[[Uploaded], None]


def upload(
    project: Project,
    content: Iterable[bytes] | Readable,
    format: Format | str = "",
    *,
    now: datetime,
    on_progress: OnProgress | None = None,
    stops_at_limit: bool = True,
) -> Uploaded:
    """Store the spans of a file in a project, and return what became of them, entry by entry.

    content: a file, or its pieces in their order; gzip is inflated. format: "otlp-json-lines",
    "otlp-protobuf" or "flat"; "" finds out, for JSON line by line. on_progress: called after each
    batch. stops_at_limit: nothing is stored beyond the batch in which the team sends the last span
    that it may today. Raises ValueError for another format, OverDayLimit where the team may send
    nothing more today, and DatabaseError when the database cannot.
    """
    done, day = Uploaded(), FileOfDay(project.team_id, now)
    work = _Upload(project, done, day, now, on_progress)
    try:
        read = decoder(pieces_of(content), format)
        for entry in read.entries(settings.INGEST_MAX_BYTES):
            if stops_at_limit and day.is_over:
                done.refuse(entry.number, day.cut)
                break
            work.take(entry, read.decode)
    except Unreadable as error:
        done.refuse(done.last_line + 1, str(error))
    work.write()
    if who_acts.get().door != Door.WORKER:  # whose files somebody else has uploaded in parts
        audit.record(
            "traffic.uploaded",
            kind="traffic",
            thing="a file",
            project=project,
            after={"lines": done.lines, "refused": done.lines_refused, "format": str(format)},
        )
    return done


class _Upload:
    """One file on its way into the database."""

    def __init__(
        self,
        project: Project,
        done: Uploaded,
        day: FileOfDay,
        now: datetime,
        on_progress: OnProgress | None,
    ) -> None:
        self._project = project
        self._done = done
        self._day = day
        self._now = now
        self._on_progress = on_progress
        self._times = kept_times(microseconds_of(now), settings.RETENTION_DAYS)
        self._records: list[SpanRecord] = []
        self._bytes = 0

    def take(self, entry: Entry, decode: Callable[[bytes], Decoded]) -> None:
        done = self._done
        done.lines += 1
        done.last_line = entry.number
        if entry.content is None:
            done.refuse(entry.number, _too_long())
            return
        try:
            decoded = decode(entry.content)
        except Refused as error:
            done.refuse(entry.number, error.message)
            return
        done.spans_rejected += decoded.rejected
        for reason in decoded.reasons:
            done.say(entry.number, _sentence(reason))
        self._records += self._timely(entry.number, decoded.spans, self._times)
        self._bytes += len(entry.content)
        if len(self._records) >= SPANS_AT_ONCE or self._bytes >= BYTES_AT_ONCE:
            self.write()

    def _timely(self, number: int, records: list[SpanRecord], times: Kept) -> Iterator[SpanRecord]:
        for record in records:
            if fault := times.fault_of(record):
                self._done.spans_rejected += 1
                name = f' "{record.name[:60]}"' if record.name else ""
                self._done.say(number, f"Span {record.span_id.hex()}{name} is refused: {fault}.")
            else:
                yield record

    def write(self) -> None:
        """Store what was gathered."""
        records, self._records, self._bytes = self._records, [], 0
        if records:
            try:
                self._store(records)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception:
                log.exception("%d uploaded spans cannot be stored at once", len(records))
                self._store_apart(records)
        if self._on_progress:
            self._on_progress(self._done)

    def _store(self, records: list[SpanRecord]) -> None:
        connection.ensure_connection()
        written = writer.write(
            connection.connection,
            self._project.pk,
            records,
            self._now,
            self._project.session_idle_s,
            is_uploaded=True,
        )
        self._day.add(written.inserted + written.replaced)
        self._done.stored(records, written.inserted + written.replaced)

    def _store_apart(self, records: list[SpanRecord]) -> None:
        """Store traces one by one: a fault of ours with one must not cost the others."""
        by_trace: dict[bytes, list[SpanRecord]] = {}
        for record in records:
            by_trace.setdefault(record.trace_id, []).append(record)
        for trace_id, of_trace in by_trace.items():
            try:
                self._store(of_trace)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception:
                log.exception("uploaded trace %s cannot be stored", trace_id.hex())
                self._done.spans_rejected += len(of_trace)
                sentence = f"Trace {trace_id.hex()} could not be stored, which is our fault."
                self._done.say(self._done.last_line, sentence)


def _too_long() -> str:
    most = settings.INGEST_MAX_BYTES
    return f"It is longer than the {most:,} bytes that one line or message may have: split it."


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
