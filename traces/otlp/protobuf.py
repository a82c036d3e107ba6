"""An OTLP trace request in protobuf -> SpanRecords, through protobuf's C runtime (upb).

The walk over the attributes is the largest cost of an ingest in Python: strings are tried
first, because nearly all values are strings and each further question is a call.
"""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from traces.otlp import wire
from traces.otlp.cleaning import (
    MAX_ATTRIBUTES,
    MAX_EVENTS,
    MAX_TEXT,
    clean_float,
    clean_keys,
    clean_name,
    clean_text,
    head_and_tail,
)
from traces.otlp.refused import Refused
from traces.otlp.span_checks import BadSpan, check_ids, link_hex, reject, warn
from traces.records import Attributes, Decoded, SpanRecord

_NO_PARENT = bytes(8)


def decode_protobuf(body: bytes, max_spans: int) -> Decoded:
    """Decode a request in protobuf, as `otlp.decode` says."""
    decoded = Decoded([])
    index = 0
    for group in wire.walk(body, max_spans):
        resource = _resource(group.resource, decoded)
        for slices in group.scopes:
            scope = _scope(slices.scope, decoded)
            for data in slices.spans:
                _take(decoded, index, data, resource, scope)
                index += 1
    if decoded.rejected and not decoded.spans:
        _refuse_other_signals(body, max_spans)
    return decoded


def _take(
    decoded: Decoded, index: int, data: bytes, resource: Attributes, scope: tuple[str, str]
) -> None:
    name = ""
    try:
        if wire.has_too_many_values(data):
            raise BadSpan(f"it holds more than {wire.MAX_VALUES:,} values")
        span = Span.FromString(data)
        name = span.name
        decoded.spans.append(_record(span, resource, scope))
    except DecodeError:
        reject(decoded, index, name, "it is not valid protobuf, UTF-8 or nests too deep")
    except (BadSpan, wire.Malformed) as error:
        reject(decoded, index, name, str(error))


def _record(span: Any, resource: Attributes, scope: tuple[str, str]) -> SpanRecord:
    trace_id, span_id = span.trace_id, span.span_id
    parent = span.parent_span_id
    if parent == _NO_PARENT:
        parent = b""
    check_ids(trace_id, span_id, parent)
    pairs, cut = head_and_tail(span.attributes, MAX_ATTRIBUTES)
    status = span.status
    return SpanRecord(
        trace_id,
        span_id,
        parent or None,
        clean_name(span.name),
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        status.code,
        clean_text(status.message),
        attributes_of(pairs),
        _events(span.events),
        _links(span.links),
        resource,
        *scope,
        span.dropped_attributes_count + cut,
    )


def attributes_of(pairs: Any) -> Attributes:
    """Return KeyValue messages as a JSON object; the last of several equal keys wins."""
    values: Attributes = {}
    for pair in pairs:
        value = pair.value
        text = value.string_value
        if text:
            if "\0" in text or len(text) > MAX_TEXT:
                text = clean_text(text)
            values[pair.key] = text
        else:
            values[pair.key] = plain_value(value)
    return clean_keys(values)


def plain_value(value: Any) -> Any:
    """Return an AnyValue as a JSON value. upb refuses more than 100 levels, so this cannot recurse
    far."""
    which = value.WhichOneof("value")
    if which == "int_value":
        return value.int_value
    if which == "string_value":
        return clean_text(value.string_value)
    if which == "bool_value":
        return value.bool_value
    if which == "double_value":
        return clean_float(value.double_value)
    if which == "array_value":
        return [plain_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    if which == "bytes_value":
        return clean_text(base64.b64encode(value.bytes_value).decode("ascii"))
    return None


def _events(events: Any) -> list[dict[str, Any]]:
    if not events:
        return []
    return [
        {
            "name": clean_name(event.name),
            "time_ns": event.time_unix_nano,
            "attributes": attributes_of(head_and_tail(event.attributes, MAX_ATTRIBUTES)[0]),
        }
        for event in head_and_tail(events, MAX_EVENTS)[0]
    ]


def _links(links: Any) -> list[dict[str, Any]]:
    if not links:
        return []
    return [
        {
            **ids,
            "attributes": attributes_of(head_and_tail(link.attributes, MAX_ATTRIBUTES)[0]),
        }
        for link in head_and_tail(links, MAX_EVENTS)[0]
        if (ids := link_hex(link.trace_id, link.span_id))
    ]


def _resource(data: bytes, decoded: Decoded) -> Attributes:
    try:
        return attributes_of(head_and_tail(Resource.FromString(data).attributes, MAX_ATTRIBUTES)[0])
    except DecodeError:
        warn(decoded, "a resource was left out: it is not valid protobuf or UTF-8")
        return {}


def _scope(data: bytes, decoded: Decoded) -> tuple[str, str]:
    try:
        scope = InstrumentationScope.FromString(data)
    except DecodeError:
        warn(decoded, "a scope was left out: it is not valid protobuf or UTF-8")
        return "", ""
    return clean_name(scope.name), clean_name(scope.version)


def _refuse_other_signals(body: bytes, max_spans: int) -> None:
    """Refuse logs and metrics, whose outer levels are the same, when a request has no span."""
    scopes = (s for group in wire.walk(body, max_spans) for s in group.scopes)
    first = next((data for scope in scopes for data in scope.spans), b"")
    if _is_metric(first):  # first, because the data points of a gauge pass for a log's body
        raise Refused(
            400, "These are OTLP metrics: they belong to /v1/metrics, traces to /v1/traces."
        )
    if _is_log(first):
        raise Refused(400, "These are OTLP logs: they belong to /v1/logs, traces to /v1/traces.")


def _is_log(data: bytes) -> bool:
    try:
        log = LogRecord.FromString(data)
    except DecodeError:
        return False
    timed = log.time_unix_nano or log.observed_time_unix_nano
    return bool(timed or log.body.WhichOneof("value"))


def _is_metric(data: bytes) -> bool:
    try:
        metric = Metric.FromString(data)
    except DecodeError:
        return False
    which = metric.WhichOneof("data")
    return bool(which and metric.name and getattr(metric, which).data_points)
