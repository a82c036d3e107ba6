"""POST /v1/traces, /v1/logs and /v1/metrics: OTLP over HTTP, straight on ASGI, without Django.

Accepted means durable: the answer is sent after the commit. What is wrong with the
request is 4xx, and the sender drops it; trouble on our side is 503 with Retry-After, and
the sender tries again. Never 500, never a redirect: both lose spans. Metrics are answered with
success and not kept: an SDK that sends all three signals must not fail for the one we do not read.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

from teams.keys import NoEntry, secret_in
from traces import otlp
from traces.receiving import answers, endpoints, refusals, request_body
from traces.receiving.answers import Answer
from traces.receiving.intake import MAX_WAIT_S, MAX_WAITING, THREADS, Intake
from traces.receiving.keys import Entry, ReadOnly
from traces.receiving.pool import TROUBLE
from traces.receiving.storing import TOO_BUSY, Sent

log = logging.getLogger(__name__)

Headers = Mapping[bytes, bytes]
Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

#: How long what was refused may still send, after its answer: a client that meets a closed
#: connection before it has sent all never reads why.
REFUSED_S = 5.0

CORS = {"access-control-allow-origin": "*"}
PREFLIGHT = CORS | {
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "authorization, content-encoding, content-type, x-api-key",
    "access-control-max-age": "86400",
}

OUR_FAULT = "A fault on our side; it is in our log. Send the batch again."
NO_DOOR = "Nothing is taken at this address. Send traces to /v1/traces, GenAI events to /v1/logs."


class _Refused(Exception):
    """The answer to a request whose body need not be read to its end, or not at all."""

    def __init__(self, answer: Answer, entry: Entry | None = None) -> None:
        self.answer, self.entry = answer, entry


class Receiver:
    """An ASGI application for `endpoints.takes` alone. One a process."""

    def __init__(
        self, threads: int = THREADS, max_waiting: int = MAX_WAITING, max_wait_s: float = MAX_WAIT_S
    ) -> None:
        self._intake = Intake(threads, max_waiting, max_wait_s)

    async def __call__(self, scope: Scope, receive: request_body.Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        is_refused = False
        try:
            answer = await self._answer(scope, headers, receive)
        except _Refused as refusal:
            answer, is_refused = refusal.answer, True
            refusals.note(answer, endpoints.signal_of(scope["path"]) or "", refusal.entry)
        except request_body.Gone:
            return
        except Exception:
            log.exception("a fault while taking in spans")
            answer = answers.busy(OUR_FAULT, _content_type(headers), 2)
        await _send(send, answer)
        if is_refused:
            await request_body.drain(receive, settings.INGEST_MAX_BYTES, REFUSED_S)

    def close(self) -> None:
        self._intake.close()

    async def _answer(
        self, scope: Scope, headers: Headers, receive: request_body.Receive
    ) -> Answer:
        """Answer a request. Raises _Refused while the body is still coming."""
        signal = endpoints.signal_of(scope["path"])
        if signal and scope["method"] == "OPTIONS":
            return Answer(204, b"", "text/plain", PREFLIGHT)
        sent = Sent(signal or "", _content_type(headers), _text(headers, b"content-encoding"))
        _check_door(sent, scope["method"])
        entry = await self._entry(headers)
        self._check(sent, headers, entry)
        try:
            answer = await self._intake.take(entry, sent, request_body.pieces(receive))
        except request_body.TooLarge:
            raise _Refused(_too_large(sent.content_type), entry) from None
        if answer.status != 200:
            refusals.note(answer, sent.signal, entry)
        return answer

    async def _entry(self, headers: Headers) -> Entry:
        kind = _content_type(headers)
        try:
            return await self._intake.entry(secret_in(headers))
        except ReadOnly as error:
            raise _Refused(answers.refused(403, str(error), kind), error.entry) from None
        except NoEntry as error:
            words = {"www-authenticate": "Bearer"}
            raise _Refused(answers.refused(401, str(error), kind, words)) from None
        except TROUBLE as error:
            raise _Refused(self._intake.trouble(error, kind)) from None

    def _check(self, sent: Sent, headers: Headers, entry: Entry) -> None:
        """Check the headers. Raises _Refused for what a good key may not send, or not now."""
        kind = sent.content_type
        if otlp.media_type(kind) not in (otlp.PROTOBUF, otlp.JSON):
            message = f"Send Content-Type {otlp.PROTOBUF} or {otlp.JSON}."
            raise _Refused(answers.refused(415, message, kind), entry)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > settings.INGEST_MAX_BYTES:
            raise _Refused(_too_large(kind), entry)
        if self._intake.is_full:
            raise _Refused(answers.busy(TOO_BUSY, kind, 1), entry)


def _check_door(sent: Sent, method: str) -> None:
    if not sent.signal:
        raise _Refused(answers.refused(404, NO_DOOR, sent.content_type))
    if method != "POST":
        message = f"Send {sent.signal} with POST."
        words = {"allow": "POST, OPTIONS"}
        raise _Refused(answers.refused(405, message, sent.content_type, words))


def _text(headers: Headers, name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _content_type(headers: Headers) -> str:
    return _text(headers, b"content-type")


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
