"""OTLP over gRPC: the same way in as over HTTP, behind a port of its own.

Needs `grpcio`, an optional dependency: nothing else of the project imports this module but
`runner/serve_grpc.py`. Messages stay bytes until our own decoders read them, which count before
they parse. A call's key is checked from its metadata, before its message is waited for.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc
from django.conf import settings

from teams.keys import NoEntry, secret_in
from traces import otlp
from traces.receiving import answers, refusals
from traces.receiving.answers import Answer
from traces.receiving.intake import Intake
from traces.receiving.keys import Entry, ReadOnly
from traces.receiving.pool import TROUBLE
from traces.receiving.request_body import TooLarge
from traces.receiving.storing import TOO_BUSY, Sent

log = logging.getLogger(__name__)

#: /package.Service/Method of each signal.
METHODS = {
    f"/opentelemetry.proto.collector.{signal}.v1.{service}/Export": signal
    for signal, service in (
        ("traces", "TraceService"),
        ("logs", "LogsService"),
        ("metrics", "MetricsService"),
    )
}
METHODS = {name.replace(".traces.", ".trace."): signal for name, signal in METHODS.items()}

#: Source: opentelemetry-proto docs/specification.md, "OTLP/gRPC Response": of these the sender
#: tries UNAVAILABLE again.
CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    415: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}

#: Of a message, unless INGEST_MAX_BYTES is less. gRPC hands over whole messages only, so this much
#: room is held for each that is on its way. The collector's own door takes 4 MiB.
MAX_BYTES = 16 * 1024 * 1024

#: A connection on which nothing happens is closed after a while, and one that is dead sooner.
OPTIONS = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
]


class Door(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Handles the three Export calls, and says where to go for any other."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def service(self, details: Any) -> Any:
        signal = METHODS.get(details.method)
        # A stream of requests, of which the first is read: so the key is asked for before it.
        handle = partial(self._export, signal) if signal else _unknown
        return grpc.stream_unary_rpc_method_handler(handle)

    async def _export(self, signal: str, requests: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            answer = await self._answer(signal, context)
        except Exception:
            log.exception("a fault while taking in %s by gRPC", signal)
            answer = answers.busy("A fault on our side: send it again.", otlp.PROTOBUF, 2)
        if answer.status != 200:
            await context.abort(CODES[answer.status], answer.message)
        return answer.body

    async def _answer(self, signal: str, context: Any) -> Answer:
        answer, entry = await self._take(signal, context)
        if answer.status != 200:
            refusals.note(answer, signal, entry)
        return answer

    async def _take(self, signal: str, context: Any) -> tuple[Answer, Entry | None]:
        """Return the answer to a call, and what its key opens if it opens anything."""
        metadata = {key.lower().encode(): _bytes(value) for key, value in _pairs(context)}
        kind = otlp.PROTOBUF
        entry: Entry | None = None
        try:
            entry = await self._intake.entry(secret_in(metadata))
            if self._intake.is_full:
                return answers.busy(TOO_BUSY, kind, 1), entry
            return await self._intake.take(
                entry, Sent(signal, kind), _first(context), max_bytes()
            ), entry
        except ReadOnly as error:
            return answers.refused(403, str(error), kind), error.entry
        except NoEntry as error:
            return answers.refused(401, str(error), kind), entry
        except TROUBLE as error:
            return self._intake.trouble(error, kind), entry
        except TooLarge:
            limit = max_bytes()
            message = f"The message is larger than {limit:,} bytes."
            return answers.refused(413, message, kind), entry


def max_bytes() -> int:
    """Return how large a message may be: it comes in one piece, which has room beforehand."""
    return min(settings.INGEST_MAX_BYTES, MAX_BYTES)


async def _first(context: Any) -> AsyncIterator[bytes]:
    """Read the first message of a call.

    `context.read` is for that: an iterator that is left before its end keeps its message alive,
    so 100 calls of 12 MB held 1.2 GB long after they were answered.
    """
    message = await context.read()
    if message is not grpc.aio.EOF:
        yield message


async def _unknown(requests: AsyncIterator[bytes], context: Any) -> bytes:
    message = (
        "Only the Export calls of traces, logs and metrics are taken here. "
        f"Over HTTP send to {settings.BASE_URL}/v1/traces."
    )
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
    raise AssertionError


def _pairs(context: Any) -> list[tuple[str, str | bytes]]:
    return list(context.invocation_metadata() or ())


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


async def listen(address: str, intake: Intake) -> Any:
    """Return a server that has begun to answer. Raises RuntimeError where the address is taken."""
    limit = max_bytes()
    options = [*OPTIONS, ("grpc.max_receive_message_length", limit)]
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((Door(intake),))
    if not server.add_insecure_port(address):
        raise RuntimeError(f"{address} is taken by another program")
    await server.start()
    return server
