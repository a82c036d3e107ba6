"""Spans as lines of OTLP in JSON: {"resourceSpans": […]} for each trace, or part of a large one.

Source: opentelemetry-proto, docs/specification.md "JSON Protobuf Encoding": ids in hex, 64-bit
integers as strings, enums as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import orjson

from core.ids import span_id_hex
from traces.exporting.stored import Stored


def written(spans: Sequence[Stored]) -> bytes:
    """Return the lines of these spans, one for each trace; its spans stand together."""
    by_trace = groupby(spans, key=lambda span: span.trace_id)
    return b"".join(_line(of_trace) for _, of_trace in by_trace)


def _line(spans: Iterable[Stored]) -> bytes:
    resources: dict[bytes, tuple[dict[str, Any], dict[tuple[str, str], list[Any]]]] = {}
    for span in spans:
        resource, scope = span.payload["resource"], span.payload["scope"]
        key = orjson.dumps(resource)
        _, scopes = resources.setdefault(key, (resource, {}))
        scopes.setdefault((scope["name"], scope["version"]), []).append(_span(span))
    groups = [
        {
            "resource": {"attributes": _pairs(resource)},
            "scopeSpans": [
                {"scope": {"name": name, "version": version}, "spans": of_scope}
                for (name, version), of_scope in scopes.items()
            ],
        }
        for resource, scopes in resources.values()
    ]
    return orjson.dumps({"resourceSpans": groups}) + b"\n"


def _span(span: Stored) -> dict[str, Any]:
    payload = span.payload
    start_ns, end_ns = span.times_ns
    line: dict[str, Any] = {
        "traceId": span.trace_id.hex,
        "spanId": span_id_hex(span.span_id),
        "parentSpanId": "" if span.parent is None else span_id_hex(span.parent),
        "name": span.name,
        "kind": payload["otel_kind"],
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(end_ns),
        "attributes": _pairs(payload["attributes"]),
        "events": [_event(event) for event in payload["events"]],
        "links": [_link(link) for link in payload["links"]],
        "status": {"code": status_code(span), "message": payload["status_message"]},
    }
    if dropped := payload.get("dropped_attributes"):
        line["droppedAttributesCount"] = dropped
    return line


def status_code(span: Stored) -> int:
    """Return the status: 2 for an error, however it was told; else what was sent, 0 where it was
    not kept."""
    sent: int = span.payload.get("status_code", 0)
    return 2 if span.is_error else sent


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "timeUnixNano": str(event["time_ns"]),
        "name": event["name"],
        "attributes": _pairs(event["attributes"]),
    }


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return {
        "traceId": link["trace_id"],
        "spanId": link["span_id"],
        "attributes": _pairs(link["attributes"]),
    }


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def any_value(value: Any) -> dict[str, Any]:
    """Return a JSON value as an AnyValue; {} for null."""
    if isinstance(value, str):
        return {"stringValue": value}
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"kvlistValue": {"values": _pairs(value)}}
