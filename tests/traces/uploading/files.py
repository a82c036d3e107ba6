"""Files of traffic for tests: spans written as lines of OTLP, as protobuf, as flat lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from tests.traces.otlp_requests import pairs
from traces.records import SpanRecord


def _json(record: SpanRecord) -> dict[str, Any]:
    return {
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
        "parentSpanId": record.parent_span_id.hex() if record.parent_span_id else "",
        "name": record.name,
        "kind": record.otel_kind,
        "startTimeUnixNano": str(record.start_ns),
        "endTimeUnixNano": str(record.end_ns),
        "attributes": pairs(record.attributes),
    }


def request(records: Iterable[SpanRecord]) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": [_json(record) for record in records]}]}]}


def otlp_line(*records: SpanRecord) -> bytes:
    return json.dumps(request(records)).encode() + b"\n"


def message(*records: SpanRecord) -> bytes:
    """The same as protobuf; its JSON knows ids as base64 only, so that these are set by hand."""
    made = request(records)
    spans = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for span in spans:
        del span["traceId"], span["spanId"], span["parentSpanId"]
    data: Any = ParseDict(made, TracesData())
    for span, record in zip(data.resource_spans[0].scope_spans[0].spans, records, strict=True):
        span.trace_id, span.span_id = record.trace_id, record.span_id
        span.parent_span_id = record.parent_span_id or b""
    return bytes(data.SerializeToString())


def flat(record: SpanRecord, **changes: Any) -> dict[str, Any]:
    return {
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "parent_span_id": record.parent_span_id.hex() if record.parent_span_id else "",
        "trace_state": "",
        "name": record.name,
        "kind": "SPAN_KIND_INTERNAL",
        "start_time": _time(record.start_ns),
        "end_time": _time(record.end_ns),
        "status": {"code": "STATUS_CODE_UNSET", "message": ""},
        "resource": {"attributes": record.resource},
        "scope": {"name": record.scope_name, "version": record.scope_version},
        "attributes": record.attributes,
        **changes,
    }


def flat_line(record: SpanRecord, **changes: Any) -> bytes:
    return json.dumps(flat(record, **changes)).encode() + b"\n"


def _time(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns % 1_000_000_000:09d}Z"
