"""Span records as an OTLP protobuf request, as an exporter would send it. Pure."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from traces.records import Attributes, SpanRecord


def request_of(records: list[SpanRecord]) -> bytes:
    """Return one ExportTraceServiceRequest with the records; all share one resource and scope."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(key_values(records[0].resource))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = records[0].scope_name
    scope_spans.scope.version = records[0].scope_version
    scope_spans.spans.extend(span_message(record) for record in records)
    body: bytes = request.SerializeToString()
    return body


def span_message(record: SpanRecord) -> Span:
    """Return a record as OTLP's message of a span."""
    return Span(
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_span_id=record.parent_span_id or b"",
        name=record.name,
        kind=Span.SpanKind.ValueType(record.otel_kind),
        start_time_unix_nano=record.start_ns,
        end_time_unix_nano=record.end_ns,
        attributes=key_values(record.attributes),
        status=Status(
            code=Status.StatusCode.ValueType(record.status_code), message=record.status_message
        ),
    )


def key_values(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def any_value(value: Any) -> AnyValue:
    """Return text, a whole number or a fraction as OTLP's value; the demo has no others."""
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(double_value=value)
