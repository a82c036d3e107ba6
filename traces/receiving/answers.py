"""Answers to an OTLP/HTTP export, in the encoding of the request.

Source: opentelemetry-proto docs/specification.md, "OTLP/HTTP Response"; google.rpc.Status.
An error that the sender shall try again is 503 with Retry-After: senders drop a batch on
500, and many of them on 429, which is for the limits of a team: what is over one is not wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from traces.otlp import JSON, PROTOBUF, media_type
from traces.records import Decoded, DecodedLogs

#: google.rpc.Code by HTTP status.
RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 429: 8, 503: 14}

MAX_MESSAGE = 4_000


@dataclass(slots=True, frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)
    message: str = ""  # of a refusal, in words, as it stands in `body` too


#: What partialSuccess counts, by signal; in protobuf all are field 1.
REJECTED = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}


def accepted(decoded: Decoded | DecodedLogs, content_type: str, signal: str = "traces") -> Answer:
    """Answer 200: everything that is not counted as rejected is durable."""
    kind = _encoding(content_type)
    message = "; ".join(decoded.reasons)[:MAX_MESSAGE]
    if kind == PROTOBUF:
        return Answer(200, _partial_protobuf(decoded.rejected, message), kind)
    partial: dict[str, str] = {}
    if decoded.rejected:
        partial[REJECTED[signal]] = str(decoded.rejected)
    if message:
        partial["errorMessage"] = message
    return Answer(200, orjson.dumps({"partialSuccess": partial} if partial else {}), kind)


def _partial_protobuf(rejected: int, message: str) -> bytes:
    if not rejected and not message:
        return b""
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = rejected
    response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def refused(
    status: int, message: str, content_type: str, headers: dict[str, str] | None = None
) -> Answer:
    """Answer with an error and its google.rpc.Status; JSON when the request's encoding is
    neither."""
    kind = _encoding(content_type)
    code = RPC_CODES.get(status, 2)
    if kind == PROTOBUF:
        body = _status_protobuf(code, message[:MAX_MESSAGE])
    else:
        body = orjson.dumps({"code": code, "message": message[:MAX_MESSAGE]})
    return Answer(status, body, kind, headers or {}, message[:MAX_MESSAGE])


def busy(message: str, content_type: str, retry_after_s: int) -> Answer:
    """Answer 503: nothing was stored, and the sender shall try the same batch again."""
    return refused(503, message, content_type, {"retry-after": str(retry_after_s)})


def over_limit(message: str, content_type: str, retry_after_s: int) -> Answer:
    """Answer 429: nothing was stored, and the next batch will not be for so long."""
    return refused(429, message, content_type, {"retry-after": str(retry_after_s)})


def _encoding(content_type: str) -> str:
    return PROTOBUF if media_type(content_type) == PROTOBUF else JSON


def _status_protobuf(code: int, message: str) -> bytes:
    """Encode a google.rpc.Status: field 1 is the code, field 2 the message."""
    text = message.encode("utf-8", "replace")
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
