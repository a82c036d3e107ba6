"""OTLP logs requests for tests, in both encodings, from one description of a record."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.traces.making import trace_id
from tests.traces.otlp_requests import any_value, pairs

JSON, PROTOBUF = "application/json", "application/x-protobuf"

Log = dict[str, Any]


def log(name: str, body: Any, *, trace: int = 1, span: int = 1, at: int = 1, **more: Any) -> Log:
    """A record with the event's name in its own field; `attributes` may be among `more`."""
    return {
        "trace_id": trace_id(trace).hex if trace else "",
        "span_id": f"{span:016x}" if span else "",
        "event_name": name,
        "time_ns": at,
        "attributes": {},
        "body": body,
    } | more


def as_json(*logs: Any) -> bytes:
    records = [_json(each) if "time_ns" in each else each for each in logs]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()


def _json(one: Log) -> dict[str, Any]:
    return {
        "traceId": one["trace_id"],
        "spanId": one["span_id"],
        "eventName": one["event_name"],
        "observedTimeUnixNano": str(one["time_ns"]),
        "attributes": pairs(one["attributes"]),
        "body": any_value(one["body"]),
    }


def as_protobuf(*logs: Log) -> bytes:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for each in logs:
        record = scope.log_records.add()
        record.trace_id = bytes.fromhex(each["trace_id"])
        record.span_id = bytes.fromhex(each["span_id"])
        record.event_name = each["event_name"]
        record.observed_time_unix_nano = each["time_ns"]
        for key, value in each["attributes"].items():
            record.attributes.append(KeyValue(key=key, value=_value(value)))
        record.body.CopyFrom(_value(each["body"]))
    return bytes(request.SerializeToString())


def _value(value: Any) -> AnyValue:
    found = AnyValue()
    if isinstance(value, dict):
        found.kvlist_value.SetInParent()
        for key, inner in value.items():
            found.kvlist_value.values.append(KeyValue(key=key, value=_value(inner)))
    elif isinstance(value, list):
        found.array_value.SetInParent()
        found.array_value.values.extend(_value(inner) for inner in value)
    elif isinstance(value, bool):
        found.bool_value = value
    elif isinstance(value, int):
        found.int_value = value
    elif value is not None:
        found.string_value = value
    return found
