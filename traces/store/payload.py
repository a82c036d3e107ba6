"""The truth of a span: everything that was sent, as zstd-compressed JSON in one `bytea`.

Compressed by us, because PostgreSQL's own compression of `jsonb` costs five times the
COPY rate (docs/architecture.md). Compressors are not safe to share between threads.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import orjson
import zstandard

from traces.records import LogRecord, SpanRecord

LEVEL = 1

#: A payload that says it is larger is not ours: a request is bounded well below this.
MAX_BYTES = 256 * 1024 * 1024


class PayloadTooLarge(ValueError):
    """A stored payload claims to be larger than any request that we take."""


class _Codecs(threading.local):
    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_codecs = _Codecs()


def pack(record: SpanRecord) -> bytes:
    """Return the payload of a record: its JSON, compressed.

    {"attributes", "events", "links", "resource", "scope", "status_message", "otel_kind",
    "start_ns", "end_ns"}, "status_code" unless it is 0, and "dropped_attributes" when the sender
    dropped some.
    """
    return pack_all([record])[0]


def pack_all(records: Sequence[SpanRecord]) -> list[bytes]:
    """Return the payloads of many records, compressed in one call.

    Each call of the compressor gives Python's lock away, and getting it back in a busy process
    takes far longer than compressing a span.
    """
    if not records:
        return []
    packed = _codecs.compressor.multi_compress_to_buffer([_json(record) for record in records])
    return [packed[place].tobytes() for place in range(len(packed))]


def log_json(record: LogRecord) -> bytes:
    """Return {"name", "time_ns", "attributes", "body"} as JSON, to be given to `compress`."""
    return orjson.dumps(
        {
            "name": record.name,
            "time_ns": record.time_ns,
            "attributes": record.attributes,
            "body": record.body,
        }
    )


def compress(content: bytes) -> bytes:
    """Return `content` as `unpack` reads it."""
    return _codecs.compressor.compress(content)


def _json(record: SpanRecord) -> bytes:
    content = {
        "attributes": record.attributes,
        "events": record.events,
        "links": record.links,
        "resource": record.resource,
        "scope": {"name": record.scope_name, "version": record.scope_version},
        "status_message": record.status_message,
        "otel_kind": record.otel_kind,
        "start_ns": record.start_ns,
        "end_ns": record.end_ns,
    }
    if record.status_code:
        content["status_code"] = record.status_code
    if record.dropped_attributes:
        content["dropped_attributes"] = record.dropped_attributes
    return orjson.dumps(content)


def unpack(data: bytes | memoryview) -> dict[str, Any]:
    """Return what `pack` was given. Raises PayloadTooLarge before it takes the memory."""
    raw = bytes(data)
    if zstandard.frame_content_size(raw) > MAX_BYTES:
        raise PayloadTooLarge(f"a payload of more than {MAX_BYTES:,} bytes")
    content: dict[str, Any] = orjson.loads(_codecs.decompressor.decompress(raw))
    return content
