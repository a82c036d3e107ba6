"""An OTLP trace request in JSON -> SpanRecords.

Parsed by hand and not with protobuf's json_format: that one takes hex ids for base64
without an error (32 digits become 24 bytes), and one wrong type costs the whole batch.
"""

from __future__ import annotations

from typing import Any

from traces.otlp.cleaning import MAX_EVENTS, clean_name, clean_text, head_and_tail
from traces.otlp.json_values import (
    as_enum,
    as_id,
    as_integer,
    as_list,
    as_nanoseconds,
    as_object,
    as_text,
    attributes,
    parse,
    pick,
)
from traces.otlp.refused import Refused
from traces.otlp.span_checks import BadSpan, check_ids, link_hex, reject, warn
from traces.otlp.wire import too_many
from traces.records import Attributes, Decoded, SpanRecord

KINDS = {
    "SPAN_KIND_UNSPECIFIED": 0,
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
}
KINDS |= {name.removeprefix("SPAN_KIND_"): number for name, number in KINDS.items()}
CODES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
CODES |= {name.removeprefix("STATUS_CODE_"): number for name, number in CODES.items()}

_OTHER_SIGNALS = {
    "resourceLogs": "logs",
    "resource_logs": "logs",
    "resourceMetrics": "metrics",
    "resource_metrics": "metrics",
}

_NO_PARENT = bytes(8)


def decode_json(body: bytes, max_spans: int) -> Decoded:
    """Decode a request in JSON, as `otlp.decode` says."""
    groups = _resource_spans(parse(body))
    try:
        resources = _collect(groups, max_spans)
    except BadSpan as error:  # above the spans there is nothing to refuse alone
        raise Refused(400, f"The body is not an OTLP trace request: {error}.") from error
    decoded = Decoded([])
    index = 0
    for resource_json, scopes in resources:
        resource = _resource(resource_json, decoded)
        for scope_json, spans in scopes:
            scope = _scope(scope_json, decoded)
            for span in spans:
                _take(decoded, index, span, resource, scope)
                index += 1
    return decoded


def _resource_spans(request: Any) -> Any:
    if not isinstance(request, dict):
        raise Refused(400, 'The body is not an object with "resourceSpans".')
    groups = pick(request, "resourceSpans", "resource_spans")
    if groups is None:
        for key, signal in _OTHER_SIGNALS.items():
            if key in request:
                raise Refused(
                    400,
                    f"These are OTLP {signal}: they belong to /v1/{signal}, traces to /v1/traces.",
                )
        if request and "resourceSpans" not in request:
            raise Refused(400, 'The body has no "resourceSpans": it is not an OTLP trace request.')
    return groups


_Scopes = list[tuple[Any, list[Any]]]


def _collect(groups: Any, max_spans: int) -> list[tuple[Any, _Scopes]]:
    """Return the spans by resource and scope, counted before any is read."""
    resources: list[tuple[Any, _Scopes]] = []
    spans = 0
    for entry in as_list(groups, "resourceSpans"):
        group = as_object(entry, "a resourceSpans entry")
        scopes = [_scope_and_spans(scope) for scope in _scope_list(group)]
        spans += sum(len(of_scope) for _, of_scope in scopes)
        if spans > max_spans:
            raise too_many(max_spans)
        resources.append((group.get("resource"), scopes))
    return resources


def _scope_list(group: dict[str, Any]) -> list[Any]:
    """Return scopeSpans, also under the name that they had before 2022."""
    old = pick(group, "instrumentationLibrarySpans", "instrumentation_library_spans")
    new = as_list(pick(group, "scopeSpans", "scope_spans"), "scopeSpans")
    return new + as_list(old, "instrumentationLibrarySpans") if old else new


def _scope_and_spans(entry: Any) -> tuple[Any, list[Any]]:
    scope = as_object(entry, "a scopeSpans entry")
    library = pick(scope, "instrumentationLibrary", "instrumentation_library")
    return pick(scope, "scope", "scope") or library, as_list(scope.get("spans"), "spans")


def _resource(value: Any, decoded: Decoded) -> Attributes:
    try:
        return attributes(as_object(value, "the resource").get("attributes"))[0]
    except BadSpan as error:
        warn(decoded, f"a resource was left out: {error}")
        return {}


def _scope(value: Any, decoded: Decoded) -> tuple[str, str]:
    try:
        scope = as_object(value, "the scope")
        name, version = (as_text(scope.get(key), f"its {key}") for key in ("name", "version"))
    except BadSpan as error:
        warn(decoded, f"a scope was left out: {error}")
        return "", ""
    return clean_name(name), clean_name(version)


def _take(
    decoded: Decoded, index: int, span: Any, resource: Attributes, scope: tuple[str, str]
) -> None:
    try:
        if not isinstance(span, dict):
            raise BadSpan("it is not an object")
        decoded.spans.append(_record(span, resource, scope))
    except BadSpan as error:
        name = span.get("name") if isinstance(span, dict) else ""
        reject(decoded, index, name if isinstance(name, str) else "", str(error))


def _record(span: dict[str, Any], resource: Attributes, scope: tuple[str, str]) -> SpanRecord:
    trace_id = as_id(pick(span, "traceId", "trace_id"), "its trace id")
    span_id = as_id(pick(span, "spanId", "span_id"), "its span id")
    parent = as_id(pick(span, "parentSpanId", "parent_span_id"), "its parent span id")
    if parent == _NO_PARENT:
        parent = b""
    check_ids(trace_id, span_id, parent)
    status = as_object(span.get("status"), "its status")
    attributes_read, cut = attributes(span.get("attributes"), "its attributes")
    return SpanRecord(
        trace_id,
        span_id,
        parent or None,
        clean_name(as_text(span.get("name"), "its name")),
        as_enum(span.get("kind"), KINDS, "its kind"),
        as_nanoseconds(pick(span, "startTimeUnixNano", "start_time_unix_nano"), "its start time"),
        as_nanoseconds(pick(span, "endTimeUnixNano", "end_time_unix_nano"), "its end time"),
        as_enum(status.get("code"), CODES, "its status code"),
        clean_text(as_text(status.get("message"), "its status message")),
        attributes_read,
        _events(span.get("events")),
        _links(span.get("links")),
        resource,
        *scope,
        _dropped(span) + cut,
    )


def _dropped(span: dict[str, Any]) -> int:
    count = as_integer(
        pick(span, "droppedAttributesCount", "dropped_attributes_count"),
        "its droppedAttributesCount",
    )
    return count if isinstance(count, int) and 0 <= count < 1 << 32 else 0


def _events(value: Any) -> list[dict[str, Any]]:
    if not value:
        return []
    kept = head_and_tail(as_list(value, "its events"), MAX_EVENTS)[0]
    return [_event(as_object(event, "an event")) for event in kept]


def _event(event: dict[str, Any]) -> dict[str, Any]:
    time = pick(event, "timeUnixNano", "time_unix_nano")
    return {
        "name": clean_name(as_text(event.get("name"), "the name of an event")),
        "time_ns": as_nanoseconds(time, "the time of an event"),
        "attributes": attributes(event.get("attributes"), "the attributes of an event")[0],
    }


def _links(value: Any) -> list[dict[str, Any]]:
    if not value:
        return []
    kept = head_and_tail(as_list(value, "its links"), MAX_EVENTS)[0]
    return [link for item in kept if (link := _link(as_object(item, "a link")))]


def _link(link: dict[str, Any]) -> dict[str, Any] | None:
    ids = link_hex(
        as_id(pick(link, "traceId", "trace_id"), "the trace id of a link"),
        as_id(pick(link, "spanId", "span_id"), "the span id of a link"),
    )
    if ids is None:
        return None
    return {**ids, "attributes": attributes(link.get("attributes"), "the attributes of a link")[0]}
