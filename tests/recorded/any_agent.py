"""any-agent's dumps of OpenTelemetry SDK spans as OTLP: decimal ids become hex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.recorded.expectations import ExpectedSpan, RecordedRequest, key_values

_KINDS = {"call_llm": "llm", "execute_tool": "tool", "invoke_agent": "agent"}
_STATUS = {"unset": 0, "ok": 1, "error": 2}
_OTEL_KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}


def recorded_request(path: Path) -> RecordedRequest:
    spans = json.loads(path.read_text())["spans"]
    groups = [
        {
            "resource": {"attributes": key_values(span["resource"]["attributes"])},
            "scopeSpans": [{"scope": {"name": "any_agent"}, "spans": [_span(span)]}],
        }
        for span in spans
    ]
    name = f"any-agent/{path.name.removesuffix('_trace.json').lower()}"
    return RecordedRequest(name, {"resourceSpans": groups}, [_expected(span) for span in spans])


def _span(span: dict[str, Any]) -> dict[str, Any]:
    return {
        "traceId": _hex(span["context"]["trace_id"], 32),
        "spanId": _hex(span["context"]["span_id"], 16),
        "parentSpanId": _parent(span) or "",
        "name": span["name"],
        "kind": _OTEL_KINDS[span["kind"]],
        "startTimeUnixNano": str(span["start_time"]),
        "endTimeUnixNano": str(span["end_time"]),
        "attributes": key_values(span["attributes"]),
        "events": [_event(event) for event in span["events"]],
        "status": {
            "code": _STATUS[span["status"]["status_code"]],
            "message": span["status"]["description"] or "",
        },
    }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": event["name"],
        "timeUnixNano": str(event.get("timestamp", 0)),
        "attributes": key_values(event.get("attributes") or {}),
    }


def _expected(span: dict[str, Any]) -> ExpectedSpan:
    held = span["attributes"]
    return ExpectedSpan(
        trace_id=_hex(span["context"]["trace_id"], 32),
        span_id=_hex(span["context"]["span_id"], 16),
        parent_span_id=_parent(span),
        name=span["name"],
        start_ns=span["start_time"],
        end_ns=span["end_time"],
        kinds=frozenset({_KINDS[held["gen_ai.operation.name"]]}),
        model=held.get("gen_ai.request.model"),
        input_tokens=held.get("gen_ai.usage.input_tokens"),
        output_tokens=held.get("gen_ai.usage.output_tokens"),
        session_id=None,
        is_error=span["status"]["status_code"] == "error",
        input=held.get("gen_ai.input.messages", held.get("gen_ai.tool.args")),
        output=held.get("gen_ai.output"),
    )


def _parent(span: dict[str, Any]) -> str | None:
    found = (span.get("parent") or {}).get("span_id")
    return _hex(found, 16) if found else None


def _hex(number: int, digits: int) -> str:
    return f"{number:0{digits}x}"
