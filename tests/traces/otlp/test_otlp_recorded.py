"""Real recorded requests decode, span by span, to what the files say."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.traces.otlp_requests import decode_json, decode_proto
from tests.traces.recorded_otlp import AGENT_PRISM, ANY_AGENT, DATA, any_agent_request
from traces import otlp

EXAMPLES = DATA / "otel-proto-examples"
_SCALARS = {"stringValue": str, "intValue": int, "boolValue": bool, "doubleValue": float}


def _plain(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    return _SCALARS[kind](inner)


def _requests(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text()))


def _spans(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        span
        for group in request["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]


@pytest.mark.parametrize("path", AGENT_PRISM, ids=lambda path: path.stem)
def test_every_span_of_agent_prism_decodes_to_what_the_file_says(path: Path):
    count = 0
    for request in _requests(path):
        decoded = decode_json(request)
        assert (decoded.rejected, decoded.reasons) == (0, [])
        for raw, span in zip(_spans(request), decoded.spans, strict=True):
            count += 1
            assert span.trace_id == base64.b64decode(raw["traceId"])
            assert span.span_id == base64.b64decode(raw["spanId"])
            assert (span.parent_span_id or b"") == base64.b64decode(raw.get("parentSpanId", ""))
            assert span.name == raw["name"]
            assert span.start_ns == int(raw["startTimeUnixNano"])
            assert span.end_ns == int(raw["endTimeUnixNano"])
            assert span.otel_kind == 1
            assert span.status_code == (raw["status"].get("code") == "STATUS_CODE_OK")
            pairs = raw.get("attributes", [])
            assert span.attributes == {pair["key"]: _plain(pair["value"]) for pair in pairs}
            assert [event["name"] for event in span.events] == [
                event["name"] for event in raw.get("events", [])
            ]
            assert span.resource["telemetry.sdk.name"] == "opentelemetry"
    assert (
        count
        == {"quo_tav_agent": 29, "rag_earnings_agent": 18, "smol_deep_research_agent": 8}[path.stem]
    )


@pytest.mark.parametrize("path", AGENT_PRISM, ids=lambda path: path.stem)
def test_agent_prism_says_the_same_in_protobuf(path: Path):
    for request in _requests(path):
        # json_format takes ids for base64, which is what these files hold.
        message = json_format.ParseDict(request, ExportTraceServiceRequest())
        assert decode_proto(message.SerializeToString()) == decode_json(request)


@pytest.mark.parametrize("path", ANY_AGENT, ids=lambda path: path.stem)
def test_every_span_of_any_agent_decodes_to_what_the_file_says(path: Path):
    raw = json.loads(path.read_text())["spans"]
    decoded = decode_json(any_agent_request(path))
    assert decoded.rejected == 0
    for span, sent in zip(decoded.spans, raw, strict=True):
        assert int.from_bytes(span.trace_id, "big") == sent["context"]["trace_id"]
        assert int.from_bytes(span.span_id, "big") == sent["context"]["span_id"]
        assert (span.start_ns, span.end_ns) == (sent["start_time"], sent["end_time"])
        assert span.attributes == sent["attributes"]


def test_the_example_of_the_specification_decodes():
    decoded = decode_json((EXAMPLES / "trace.json").read_bytes())
    (span,) = decoded.spans
    assert decoded.rejected == 0
    assert span.trace_id.hex() == "5b8efff798038103d269b633813fc60c"
    assert span.span_id.hex() == "eee19b7ec3c1b174"
    assert span.parent_span_id == bytes.fromhex("eee19b7ec3c1b173")
    assert (span.name, span.otel_kind) == ("I'm a server span", 2)
    assert (span.start_ns, span.end_ns) == (1544712660000000000, 1544712661000000000)
    assert span.attributes == {"my.span.attr": "some value"}
    assert span.resource == {"service.name": "my.service"}
    assert (span.scope_name, span.scope_version) == ("my.library", "1.0.0")


@pytest.mark.parametrize("name", ["logs.json", "events.json"])
def test_the_log_examples_of_the_specification_are_sent_to_their_path(name: str):
    with pytest.raises(otlp.Refused) as refused:
        decode_json((EXAMPLES / name).read_bytes())
    assert (refused.value.status, "/v1/logs" in refused.value.message) == (400, True)
