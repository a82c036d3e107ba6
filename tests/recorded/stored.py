"""A recorded request as the spans that the pure readers take, without server or database."""

from __future__ import annotations

from typing import Any

from tests.recorded.expectations import RecordedRequest
from traces.records import StoredSpan


def stored_spans(recorded: RecordedRequest) -> list[StoredSpan]:
    """Every span of the request, with the kind that the file expects."""
    kinds = {span.span_id: min(span.kinds, default="other") for span in recorded.spans}
    return spans_of(recorded.request, kinds)


def spans_of(request: dict[str, Any], kinds: dict[str, str]) -> list[StoredSpan]:
    """The spans of an OTLP/JSON request with hex ids; `kinds` by span id."""
    return [
        _stored(span, kinds.get(span["spanId"], "other"))
        for group in request["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]


def _stored(span: dict[str, Any], kind: str) -> StoredSpan:
    attributes = attributes_of(span.get("attributes", []))
    events = [
        {"name": event["name"], "attributes": attributes_of(event.get("attributes", []))}
        for event in span.get("events", [])
    ]
    status = span.get("status", {})
    return StoredSpan(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_span_id=span.get("parentSpanId") or None,
        name=span["name"],
        kind=kind,
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=int(span["endTimeUnixNano"]),
        is_error=status.get("code") in {2, "STATUS_CODE_ERROR"},
        agent_name=attributes.get("agent.name") or attributes.get("gen_ai.agent.name"),
        payload={
            "attributes": attributes,
            "events": events,
            "status_message": status.get("message", ""),
        },
    )


def attributes_of(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    return {pair["key"]: _value(pair["value"]) for pair in pairs}


def _value(value: dict[str, Any]) -> Any:
    if "arrayValue" in value:
        return [_value(item) for item in value["arrayValue"].get("values", [])]
    if "kvlistValue" in value:
        return attributes_of(value["kvlistValue"].get("values", []))
    if "intValue" in value:
        return int(value["intValue"])
    return next(iter(value.values()), None)
