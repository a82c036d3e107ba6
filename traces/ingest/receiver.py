"""POST /v1/traces: OTLP over HTTP, straight on ASGI, without Django's middleware.

Accepted means durable: the answer is sent after the commit. What is wrong with the
request is 4xx, and the sender drops it; trouble on our side is 503 with Retry-After, and
the sender tries again. Never 500, never a redirect: both lose spans.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings

from traces import otlp
from traces.ingest import answers, request_body
from traces.ingest.answers import Answer
from traces.ingest.keys import Entry, KeyRing, NoEntry, secret_in
from traces.ingest.pool import TROUBLE, IngestPool
from traces.ingest.writer import write
from traces.records import Decoded, SpanRecord

log = logging.getLogger(__name__)

Headers = Mapping[bytes, bytes]
Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

#: The path of the specification, and those that SDKs of other collectors are set to.
PATHS = frozenset({"/v1/traces", "/api/public/otel/v1/traces", "/otel/v1/traces"})

#: Threads that decode and write; each holds a connection while it works.
THREADS = 4
#: Requests that may wait for a thread, and for how long; then the sender comes back later.
MAX_WAITING = 256
MAX_WAIT_S = 5.0
#: A sender has this long for its body.
BODY_S = 30.0
#: Larger bodies are taken one at a time: their objects need several times their size.
LARGE_BYTES = 8 * 1024 * 1024

CORS = {"access-control-allow-origin": "*"}
PREFLIGHT = CORS | {
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "authorization, content-encoding, content-type, x-api-key",
    "access-control-max-age": "86400",
}

TOO_BUSY = "Too many requests are waiting: nothing was stored, send the batch again."
NO_DATABASE = "The database cannot take spans now: nothing was stored, send the batch again."
OUR_FAULT = "A fault on our side; it is in our log. Send the batch again."
SLOW = "The body did not arrive in time: nothing was stored, send the batch again."


def takes(path: str) -> bool:
    """Whether a path is one of ours, with or without a slash behind it."""
    return path.removesuffix("/") in PATHS


class _Full(Exception):
    """There is no room for another large body now."""


class Receiver:
    """An ASGI application for `PATHS` alone. One a process."""

    def __init__(
        self, threads: int = THREADS, max_waiting: int = MAX_WAITING, max_wait_s: float = MAX_WAIT_S
    ) -> None:
        self._pool = IngestPool(threads)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ingest")
        self._keys = KeyRing()
        self._free = asyncio.Semaphore(threads)
        self._waiting = 0
        self._max_waiting = max_waiting
        self._max_wait_s = max_wait_s
        self._large = threading.Lock()
        self._quiet_until = 0.0

    async def __call__(self, scope: Scope, receive: request_body.Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        try:
            answer = await self._answer(scope["method"], headers, receive)
        except request_body.Gone:
            return
        except Exception:
            log.exception("a fault while taking in spans")
            answer = answers.busy(OUR_FAULT, _content_type(headers), 2)
        await _send(send, answer)

    def close(self) -> None:
        self._threads.shutdown()
        self._pool.close()

    async def _answer(self, method: str, headers: Headers, receive: request_body.Receive) -> Answer:
        if method == "OPTIONS":
            return Answer(204, b"", "text/plain", PREFLIGHT)
        kind = _content_type(headers)
        refusal = self._refusal(method, headers)
        if refusal is None and self._waiting >= self._max_waiting:
            refusal = answers.busy(TOO_BUSY, kind, 1)
        if refusal is not None:
            await request_body.drain(receive, settings.INGEST_MAX_BYTES, BODY_S)
            return refusal
        self._waiting += 1
        try:
            return await self._take(headers, receive)
        finally:
            self._waiting -= 1

    def _refusal(self, method: str, headers: Headers) -> Answer | None:
        """What can be said before the body is read."""
        kind = _content_type(headers)
        if method != "POST":
            message = "Send spans with POST."
            return answers.refused(405, message, kind, {"allow": "POST, OPTIONS"})
        try:
            self._keys.remembered(secret_in(headers))
        except NoEntry as error:
            return answers.refused(401, str(error), kind, {"www-authenticate": "Bearer"})
        if otlp.media_type(kind) not in (otlp.PROTOBUF, otlp.JSON):
            message = f"Send Content-Type {otlp.PROTOBUF} or {otlp.JSON}."
            return answers.refused(415, message, kind)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > settings.INGEST_MAX_BYTES:
            return _too_large(kind)
        return None

    async def _take(self, headers: Headers, receive: request_body.Receive) -> Answer:
        kind = _content_type(headers)
        try:
            body = await request_body.read(receive, settings.INGEST_MAX_BYTES, BODY_S)
        except request_body.TooLarge:
            await request_body.drain(receive, settings.INGEST_MAX_BYTES, BODY_S)
            return _too_large(kind)
        except request_body.TooSlow:
            return answers.refused(503, SLOW, kind, {"retry-after": "1", "connection": "close"})
        try:
            await asyncio.wait_for(self._free.acquire(), self._max_wait_s)
        except TimeoutError:
            return answers.busy(TOO_BUSY, kind, 1)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._store, headers, body)
        finally:
            self._free.release()

    def _store(self, headers: Headers, body: bytes) -> Answer:
        """Decode and write; runs in a thread."""
        kind = _content_type(headers)
        try:
            entry = self._entry(secret_in(headers))
            encoding = headers.get(b"content-encoding", b"").decode("latin-1")
            plain = otlp.inflate(body, encoding, settings.INGEST_MAX_BYTES)
            with self._room_for(plain):
                decoded = otlp.decode(plain, kind, settings.INGEST_MAX_SPANS)
                del plain
                if decoded.spans:
                    self._write(entry, decoded)
            return answers.accepted(decoded, kind)
        except _Full:
            return answers.busy(TOO_BUSY, kind, 1)
        except NoEntry as error:
            return answers.refused(401, str(error), kind, {"www-authenticate": "Bearer"})
        except otlp.Refused as error:
            return answers.refused(error.status, error.message, kind)
        except TROUBLE as error:
            self._complain(error)
            return answers.busy(NO_DATABASE, kind, 2)

    def _entry(self, secret: str | None) -> Entry:
        entry = self._keys.remembered(secret)
        if entry is not None:
            return entry
        return self._pool.run(lambda connection: self._keys.look_up(connection, secret or ""))

    @contextmanager
    def _room_for(self, plain: bytes) -> Iterator[None]:
        """Raises _Full when another large body is still being taken after a while."""
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
            write(connection, entry.project_id, decoded.spans, now, entry.session_idle_s)
            self._keys.used(connection, entry, now)

        try:
            self._pool.run(work)
        except TROUBLE:
            raise
        except Exception:
            log.exception("a batch of %d spans cannot be stored at once", len(decoded.spans))
            self._write_apart(entry, decoded, now)

    def _write_apart(self, entry: Entry, decoded: Decoded, now: datetime) -> None:
        """A fault of ours with one trace must not cost the others: store them one by one."""
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

    def _complain(self, error: Exception) -> None:
        """Once in five seconds: a database that is down is one fact, not one a request."""
        if time.monotonic() > self._quiet_until:
            self._quiet_until = time.monotonic() + 5
            log.warning("spans are sent back with 503: %s: %s", type(error).__name__, error)


def _content_type(headers: Headers) -> str:
    return headers.get(b"content-type", b"").decode("latin-1")


def _too_large(kind: str) -> Answer:
    limit = settings.INGEST_MAX_BYTES
    return answers.refused(413, f"The body is larger than {limit:,} bytes: split it.", kind)


async def _send(send: Send, answer: Answer) -> None:
    headers = {"content-length": str(len(answer.body))} | CORS | answer.headers
    if answer.status != 204:
        headers["content-type"] = answer.content_type
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})
