"""OTLP requests: bytes in, span and log records out. No database, no clock.

The door of this room; the work is done next to it:
`inflating` (Content-Encoding), `wire` and `protobuf`, `json_request` and
`json_values`, `logs` (both encodings), `cleaning` (bounds), `span_checks` (which spans are
refused, in which words).
"""

from __future__ import annotations

from traces.otlp import logs
from traces.otlp.inflating import inflate
from traces.otlp.json_request import decode_json
from traces.otlp.protobuf import decode_protobuf
from traces.otlp.refused import Refused
from traces.records import Decoded, DecodedLogs

__all__ = [
    "JSON",
    "MAX_SPANS",
    "PROTOBUF",
    "Refused",
    "decode",
    "decode_logs",
    "inflate",
    "media_type",
]

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MAX_SPANS = 20_000


def media_type(content_type: str) -> str:
    """Return a Content-Type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def decode(body: bytes, content_type: str, max_spans: int = MAX_SPANS) -> Decoded:
    """Return the spans of one ExportTraceServiceRequest, already inflated.

    A span that cannot be kept is refused alone: `rejected` counts it and `reasons` names
    the first ten. `reasons` without `rejected` are warnings. Links that point nowhere and
    values that PostgreSQL cannot hold are mended without a word (see `cleaning`).

    Raises Refused: 400 for a body that is no trace request, 413 for more than `max_spans`
    spans, 415 for another content type. Raises nothing else, whatever the bytes.
    """
    kind = media_type(content_type)
    if kind == PROTOBUF:
        return decode_protobuf(body, max_spans)
    if kind == JSON:
        return decode_json(body, max_spans)
    raise _unsupported(kind)


def decode_logs(body: bytes, content_type: str, max_records: int = MAX_SPANS) -> DecodedLogs:
    """Return the GenAI events of one ExportLogsServiceRequest, already inflated.

    `rejected` counts the records that are not kept, as bad ones or as none of ours; `reasons`
    says why. Raises Refused as `decode` does, and nothing else.
    """
    kind = media_type(content_type)
    if kind == PROTOBUF:
        return logs.decode_protobuf(body, max_records)
    if kind == JSON:
        return logs.decode_json(body, max_records)
    raise _unsupported(kind)


def _unsupported(kind: str) -> Refused:
    return Refused(415, f"Content-Type {kind[:80]!r} is not supported: send {PROTOBUF} or {JSON}.")
