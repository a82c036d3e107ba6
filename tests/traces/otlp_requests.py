"""OTLP requests for tests, in both encodings, and bare span records."""

from __future__ import annotations

import base64
import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from traces import otlp
from traces.records import Decoded, SpanRecord

TRACE = "5b8efff798038103d269b633813fc60c"
SPAN = "eee19b7ec3c1b174"
PARENT = "eee19b7ec3c1b173"
START, END = 1_544_712_660_123_456_789, 1_544_712_661_123_456_789


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """A KeyValue list in JSON, as the specification writes it."""
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def any_value(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"kvlistValue": {"values": pairs(value)}}


def json_span(**changes: Any) -> dict[str, Any]:
    """A sound span in JSON; a change of None leaves the field out."""
    span = {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(END),
        **changes,
    }
    return {key: value for key, value in span.items() if value is not None}


def json_request(*spans: Any, resource: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": pairs(resource or {})},
                "scopeSpans": [{"scope": {"name": "a", "version": "1"}, "spans": list(spans)}],
            }
        ]
    }


def decode_json(value: Any, **options: Any) -> Decoded:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return otlp.decode(body, "application/json", **options)


def proto_span(**changes: Any) -> Span:
    """The same sound span for protobuf."""
    values: dict[str, Any] = {
        "trace_id": bytes.fromhex(TRACE),
        "span_id": bytes.fromhex(SPAN),
        "name": "chat",
        "kind": 3,
        "start_time_unix_nano": START,
        "end_time_unix_nano": END,
    }
    return Span(**(values | changes))


def proto_request(*spans: Span, resource: dict[str, Any] | None = None) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    fill_pairs(group.resource.attributes, resource or {})
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = "a", "1"
    scope.spans.extend(spans)
    return bytes(request.SerializeToString())


def proto_request_of(span: bytes) -> bytes:
    """A request around one span in bytes. Requests that stand one behind the other are one."""
    scope = b"\x12" + varint(len(span)) + span
    group = b"\x12" + varint(len(scope)) + scope
    return b"\x0a" + varint(len(group)) + group


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def fill_pairs(target: Any, attributes: dict[str, Any]) -> None:
    """Add attributes to a repeated KeyValue field."""
    for key, value in attributes.items():
        pair = target.add()
        pair.key = key
        fill_value(pair.value, value)


def fill_value(target: Any, value: Any) -> None:
    if isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, int):
        target.int_value = value
    elif isinstance(value, float):
        target.double_value = value
    elif isinstance(value, bytes):
        target.bytes_value = value
    elif isinstance(value, list):
        target.array_value.SetInParent()
        for item in value:
            fill_value(target.array_value.values.add(), item)
    elif isinstance(value, dict):
        target.kvlist_value.SetInParent()
        fill_pairs(target.kvlist_value.values, value)


def decode_proto(body: bytes, **options: Any) -> Decoded:
    return otlp.decode(body, "application/x-protobuf", **options)


def record(attributes: dict[str, Any] | None = None, **changes: Any) -> SpanRecord:
    """A span record with these attributes, for the reading rules."""
    values: dict[str, Any] = {
        "trace_id": bytes.fromhex(TRACE),
        "span_id": bytes.fromhex(SPAN),
        "parent_span_id": None,
        "name": "a span",
        "otel_kind": 1,
        "start_ns": START,
        "end_ns": END,
        "status_code": 0,
        "status_message": "",
        "attributes": attributes or {},
        "events": [],
        "links": [],
        "resource": {},
        "scope_name": "",
        "scope_version": "",
    }
    return SpanRecord(**(values | changes))
