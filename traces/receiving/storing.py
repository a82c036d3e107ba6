"""One request's bytes → rows: inflated, decoded and written, in a thread of the receiver.

Accepted means durable: the answer is made after the commit. What is wrong with the request is
4xx, and the sender drops it; trouble on our side is 503, and the sender tries again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from django.conf import settings

from teams.keys import NoEntry
from traces import otlp
from traces.ingest import log_writer
from traces.ingest.writer import write
from traces.receiving import answers, counted, day_limit, refusals
from traces.receiving.answers import Answer
from traces.receiving.day_limit import DayLimit
from traces.receiving.keys import Entry, KeyRing
from traces.receiving.pool import TROUBLE, IngestPool
from traces.records import Decoded, SpanRecord

log = logging.getLogger(__name__)

#: Larger bodies are taken one at a time: their objects need several times their size.
LARGE_BYTES = 8 * 1024 * 1024

TOO_BUSY = "Too many requests are waiting: nothing was stored, send the batch again."
NO_DATABASE = "The database cannot take spans now: nothing was stored, send the batch again."


@dataclass(frozen=True, slots=True)
class Sent:
    """What the headers of a request say: of which signal it is, and how its body is written."""

    signal: str
    content_type: str
    encoding: str = ""


def _count(signal: str, size: int, spans: int) -> None:
    counted.REQUESTS.add(signal=signal)
    counted.BYTES.add(size, signal=signal)
    counted.SPANS.add(spans, signal=signal)


class _Full(Exception):
    """There is no room for another large body now."""


class Store:
    """Safe to share between threads; one a process."""

    def __init__(self, ring: KeyRing, connections: int, max_wait_s: float) -> None:
        self._keys = ring
        self._pool = IngestPool(connections)
        self._day = DayLimit(self._pool)
        self._max_wait_s = max_wait_s
        self._large = threading.Lock()
        self._quiet_until = 0.0

    def close(self) -> None:
        self._day.close()
        self._pool.close()

    def store(self, entry: Entry, sent: Sent, body: bytes) -> Answer:
        """Decode and write; the answer is for the sender."""
        kind = sent.content_type
        try:
            if why := self._day.refusal(entry.team_id, now := datetime.now(UTC)):
                return answers.over_limit(why, kind, day_limit.seconds_left(now))
            plain = otlp.inflate(body, sent.encoding, settings.INGEST_MAX_BYTES)
            size = len(body)
            with self._room_for(plain):
                if sent.signal == "logs":
                    return self._store_logs(entry, kind, plain, size)
                decoded = otlp.decode(plain, kind, settings.INGEST_MAX_SPANS)
                del plain
                if decoded.spans:
                    self._write(entry, decoded)
                    self._day.add(entry.team_id, len(decoded.spans), datetime.now(UTC))
            if decoded.rejected:
                refusals.note_rejected(decoded.rejected, decoded.reasons, sent.signal, entry)
            _count(sent.signal, size, len(decoded.spans))
            return answers.accepted(decoded, kind)
        except _Full:
            return answers.busy(TOO_BUSY, kind, 1)
        except otlp.Refused as error:
            return answers.refused(error.status, error.message, kind)
        except NoEntry as error:
            return answers.refused(401, str(error), kind, {"www-authenticate": "Bearer"})
        except TROUBLE as error:
            return self.trouble(error, kind)

    def _store_logs(self, entry: Entry, kind: str, plain: bytes, size: int) -> Answer:
        decoded = otlp.decode_logs(plain, kind, settings.INGEST_MAX_SPANS)
        now = datetime.now(UTC)

        def work(connection: psycopg.Connection) -> int:
            self._keys.confirm(connection, entry)
            words = (entry.project_id, decoded.records, now, entry.session_idle_s)
            without_room = log_writer.write(connection, *words)
            self._keys.used(connection, entry, now)
            return without_room

        without_room = self._pool.run(work) if decoded.records else 0
        self._day.add(entry.team_id, len(decoded.records) - without_room, now)
        if without_room:
            decoded.rejected += without_room
            decoded.reasons.append(
                f"{without_room} log records are not kept: a span has at most "
                f"{log_writer.MAX_EVENTS:,} events of {log_writer.MAX_BYTES:,} bytes together"
            )
        if decoded.rejected:
            refusals.note_rejected(decoded.rejected, decoded.reasons, "logs", entry)
        _count("logs", size, len(decoded.records))
        return answers.accepted(decoded, kind, "logs")

    def trouble(self, error: Exception, content_type: str) -> Answer:
        """Answer 503 for a database that cannot, noted once in five seconds: that it is down is one
        fact, not one a request."""
        if time.monotonic() > self._quiet_until:
            self._quiet_until = time.monotonic() + 5
            log.warning("spans are sent back with 503: %s: %s", type(error).__name__, error)
        return answers.busy(NO_DATABASE, content_type, 2)

    @contextmanager
    def _room_for(self, plain: bytes) -> Iterator[None]:
        """Let in one large body at a time. Raises _Full when another takes too long."""
        if len(plain) <= LARGE_BYTES:
            yield
            return
        if not self._large.acquire(timeout=self._max_wait_s):
            raise _Full
        try:
            yield
        finally:
            self._large.release()

    def _write(self, entry: Entry, decoded: Decoded) -> None:
        now = datetime.now(UTC)

        def work(connection: psycopg.Connection) -> None:
            self._keys.confirm(connection, entry)
            write(connection, entry.project_id, decoded.spans, now, entry.session_idle_s)
            self._keys.used(connection, entry, now)

        try:
            self._pool.run(work)
        except (NoEntry, *TROUBLE):
            raise
        except Exception:
            log.exception("a batch of %d spans cannot be stored at once", len(decoded.spans))
            self._write_apart(entry, decoded, now)

    def _write_apart(self, entry: Entry, decoded: Decoded, now: datetime) -> None:
        """Store traces one by one: a fault of ours with one must not cost the others."""
        by_trace: dict[bytes, list[SpanRecord]] = {}
        for record in decoded.spans:
            by_trace.setdefault(record.trace_id, []).append(record)
        failed = 0
        for trace_id, records in by_trace.items():
            try:
                self._pool.run(
                    lambda connection, records=records: write(  # type: ignore[misc]
                        connection, entry.project_id, records, now, entry.session_idle_s
                    )
                )
            except TROUBLE:
                raise
            except Exception:
                log.exception("trace %s cannot be stored", trace_id.hex())
                failed += 1
                decoded.rejected += len(records)
                decoded.reasons.append(f"trace {trace_id.hex()} could not be stored: our fault")
        if failed == len(by_trace):
            raise RuntimeError("no trace of the batch could be stored")
