"""An OTLP logs request -> LogRecords: the GenAI events of spans, and no other log.

Some instrumentations send the words of a model call as log records alone. What names no span,
and what is no GenAI event, is not kept: it counts as rejected, and one sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from traces.otlp import json_values, wire
from traces.otlp.cleaning import MAX_ATTRIBUTES, MAX_DEPTH, clean_name, head_and_tail
from traces.otlp.json_values import as_id, as_list, as_nanoseconds, as_object, as_text, pick
from traces.otlp.protobuf import attributes_of, plain_value
from traces.otlp.refused import Refused
from traces.otlp.span_checks import BadSpan, check_ids, warn
from traces.records import DecodedLogs, LogRecord

#: Events of OpenTelemetry's GenAI conventions have names that begin so.
EVENTS = "gen_ai."
NAME = "event.name"
TRACES = "These are OTLP traces: they belong to /v1/traces, GenAI events to /v1/logs."

_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)


class _NotKept(Exception):
    """A sound record that is not for us."""


def decode_protobuf(body: bytes, max_records: int) -> DecodedLogs:
    """Decode a request in protobuf, as `otlp.decode_logs` says."""
    groups = wire.walk(body, max_records, "logs")
    slices = [data for group in groups for scope in group.scopes for data in scope.spans]
    decoded = _each(slices, _of_message)
    if slices and not decoded.records and _is_span(slices[0]):
        raise Refused(400, TRACES)
    return decoded


def decode_json(body: bytes, max_records: int) -> DecodedLogs:
    """Decode a request in JSON, as `otlp.decode_logs` says."""
    request = json_values.parse(body)
    if not isinstance(request, dict):
        raise Refused(400, 'The body is not an object with "resourceLogs".')
    groups = pick(request, "resourceLogs", "resource_logs")
    if groups is None and ("resourceSpans" in request or "resource_spans" in request):
        raise Refused(400, TRACES)
    if groups is None and request and "resourceLogs" not in request:
        raise Refused(400, 'The body has no "resourceLogs": it is not an OTLP logs request.')
    log_records: list[Any] = []
    try:
        for records in _record_lists(groups):
            log_records += records
            if len(log_records) > max_records:
                raise wire.too_many(max_records)
    except BadSpan as error:  # above the records there is nothing to refuse alone
        raise Refused(400, f"The body is not an OTLP logs request: {error}.") from error
    return _each(log_records, _of_json)


def _record_lists(groups: Any) -> Iterator[list[Any]]:
    for group in as_list(groups, "resourceLogs"):
        entry = as_object(group, "a resourceLogs entry")
        for scope in as_list(pick(entry, "scopeLogs", "scope_logs"), "scopeLogs"):
            held = as_object(scope, "a scopeLogs entry")
            yield as_list(pick(held, "logRecords", "log_records"), "logRecords")


def _each(records: list[Any], read: Any) -> DecodedLogs:
    decoded = DecodedLogs([])
    left_out = 0
    for index, record in enumerate(records):
        try:
            decoded.records.append(read(record))
        except _NotKept:
            left_out += 1
        except DecodeError:
            _reject(decoded, index, "it is not valid protobuf, UTF-8 or nests too deep")
        except (BadSpan, wire.Malformed) as error:
            _reject(decoded, index, str(error))
    if left_out:
        decoded.rejected += left_out
        decoded.reasons.append(
            f"{left_out} log records are not kept: only GenAI events of a span are, with a name "
            f"that begins with {EVENTS} and the ids of their trace and span"
        )
    return decoded


def _reject(decoded: DecodedLogs, index: int, why: str) -> None:
    decoded.rejected += 1
    warn(decoded, f"log record {index}: {why}")


def _of_message(data: bytes) -> LogRecord:
    if wire.has_too_many_values(data, "log"):
        raise BadSpan(f"it holds more than {wire.MAX_VALUES:,} values")
    log = LogMessage.FromString(data)
    _check_ids(log.trace_id, log.span_id)
    attributes = attributes_of(head_and_tail(log.attributes, MAX_ATTRIBUTES)[0])
    return LogRecord(
        log.trace_id,
        log.span_id,
        _name(log.event_name, attributes),
        log.time_unix_nano or log.observed_time_unix_nano,
        attributes,
        plain_value(log.body),
    )


def _of_json(log: Any) -> LogRecord:
    if not isinstance(log, dict):
        raise BadSpan("it is not an object")
    trace_id = as_id(pick(log, "traceId", "trace_id"), "its trace id")
    span_id = as_id(pick(log, "spanId", "span_id"), "its span id")
    _check_ids(trace_id, span_id)
    attributes, _ = json_values.attributes(log.get("attributes"), "its attributes")
    time = as_nanoseconds(pick(log, "timeUnixNano", "time_unix_nano"), "its time")
    observed = pick(log, "observedTimeUnixNano", "observed_time_unix_nano")
    return LogRecord(
        trace_id,
        span_id,
        _name(as_text(pick(log, "eventName", "event_name"), "its event name"), attributes),
        time or as_nanoseconds(observed, "its observed time"),
        attributes,
        json_values.any_value(log.get("body"), MAX_DEPTH),
    )


def _check_ids(trace_id: bytes, span_id: bytes) -> None:
    if trace_id in (b"", _NO_TRACE) or span_id in (b"", _NO_SPAN):
        raise _NotKept
    check_ids(trace_id, span_id, b"")


def _name(given: str, attributes: dict[str, Any]) -> str:
    """Return the event's name, which had its place among the attributes until OTLP 1.5."""
    name = given or attributes.get(NAME)
    if not isinstance(name, str) or not name.startswith(EVENTS):
        raise _NotKept
    return clean_name(name)


def _is_span(data: bytes) -> bool:
    try:
        span = Span.FromString(data)
    except DecodeError:
        return False
    return len(span.trace_id) == 16 and len(span.span_id) == 8
