"""Requests that are refused as a whole, with the status and what the sender is told."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from google.protobuf.internal import api_implementation
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.traces.otlp_requests import (
    decode_json,
    decode_proto,
    json_request,
    json_span,
    proto_request,
    proto_span,
    varint,
)
from traces import otlp

PROTOBUF, JSON = otlp.PROTOBUF, otlp.JSON


def _logs() -> bytes:
    request = ExportLogsServiceRequest()
    logs = request.resource_logs.add().scope_logs.add().log_records
    for _ in range(3):
        log = logs.add()
        log.time_unix_nano = 1_544_712_660_000_000_000
        log.body.string_value = "hello"
        log.severity_text = "INFO"
    return bytes(request.SerializeToString())


def _metrics(kind: str) -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add()
    metric.name, metric.unit = "latency", "ms"
    getattr(metric, kind).data_points.add().time_unix_nano = 1
    return bytes(request.SerializeToString())


def _refusal(body: bytes, content_type: str) -> otlp.Refused:
    with pytest.raises(otlp.Refused) as refused:
        otlp.decode(body, content_type)
    return refused.value


def test_protobuf_runs_in_c():
    assert api_implementation.Type() == "upb"


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("application/json; charset=utf-8", id="a parameter is ignored"),
        pytest.param(" Application/JSON ", id="case and blanks are ignored"),
    ],
)
def test_the_content_type_chooses_the_decoder(content_type: str):
    body = json.dumps(json_request(json_span())).encode()
    assert len(otlp.decode(body, content_type).spans) == 1


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/grpc", "json"])
def test_another_content_type_is_415(content_type: str):
    refused = _refusal(b"", content_type)
    assert refused.status == 415
    assert JSON in refused.message
    assert PROTOBUF in refused.message


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not protobuf", id="text"),
        pytest.param(proto_request(proto_span())[:-3], id="a cut request"),
        pytest.param(b"\x0a\xff\xff\xff\xff\x0f", id="a length beyond the end"),
        pytest.param(b"\x0a" + b"\xff" * 12, id="a number without end"),
        pytest.param(b"\x02\x00", id="a field of number 0"),
        pytest.param(b"\x12\x00", id="a message without resource_spans"),
        pytest.param(b"\x0a\x02\x12\x05", id="a scope that runs over its resource"),
        pytest.param(b"\x0b\x0c", id="a group"),
    ],
)
def test_bytes_that_are_no_trace_request_are_400(body: bytes):
    assert _refusal(body, PROTOBUF).status == 400


def test_json_sent_as_protobuf_is_told_so():
    refused = _refusal(b'{"resourceSpans": []}', PROTOBUF)
    assert refused.status == 400
    assert "application/json" in refused.message


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="an empty body"),
        pytest.param(b"nonsense", id="text"),
        pytest.param(b'{"resourceSpans": [', id="cut JSON"),
        pytest.param(b"[]", id="a list at the top"),
        pytest.param(b"null", id="null at the top"),
        pytest.param(b"7", id="a number at the top"),
        pytest.param(b'{"resourceSpans": {}}', id="resourceSpans as an object"),
        pytest.param(b'{"resourceSpans": "x"}', id="resourceSpans as a string"),
        pytest.param(b'{"resourceSpans": [1]}', id="a resourceSpans entry as a number"),
        pytest.param(b'{"resourceSpans": [{"scopeSpans": 1}]}', id="scopeSpans as a number"),
        pytest.param(b'{"resourceSpans": [{"scopeSpans": ["x"]}]}', id="a scope as a string"),
        pytest.param(
            b'{"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}', id="spans as an object"
        ),
        pytest.param(b'{"spans": []}', id="another object"),
        pytest.param(b'{"resourceSpans": []} x', id="junk behind the JSON"),
        pytest.param(b'{"resourceSpans":' + b"[" * 100_000, id="a hundred thousand brackets"),
        pytest.param(
            b'{"resourceSpans":' + b"[" * 5_000 + b"NaN" + b"]" * 5_000 + b"}",
            id="nesting that only the lenient parser would try",
        ),
        pytest.param(
            b'{"resourceSpans":[NaN,' + b"9" * 5_000 + b"]}", id="an integer of 5,000 digits"
        ),
        pytest.param(b"\xff\xfe{\0}\0", id="UTF-16"),
    ],
)
def test_json_that_is_no_trace_request_is_400(body: bytes):
    assert _refusal(body, JSON).status == 400


@pytest.mark.parametrize(
    ("body", "content_type", "path"),
    [
        pytest.param(_logs(), PROTOBUF, "/v1/logs", id="logs in protobuf"),
        pytest.param(_metrics("gauge"), PROTOBUF, "/v1/metrics", id="a gauge in protobuf"),
        pytest.param(_metrics("sum"), PROTOBUF, "/v1/metrics", id="a sum in protobuf"),
        pytest.param(_metrics("histogram"), PROTOBUF, "/v1/metrics", id="a histogram in protobuf"),
        pytest.param(b'{"resourceLogs": []}', JSON, "/v1/logs", id="logs in JSON"),
        pytest.param(b'{"resource_metrics": [{}]}', JSON, "/v1/metrics", id="metrics in JSON"),
    ],
)
def test_logs_and_metrics_are_sent_to_their_own_path(body: bytes, content_type: str, path: str):
    refused = _refusal(body, content_type)
    assert refused.status == 400
    assert path in refused.message


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"", PROTOBUF, id="no bytes in protobuf"),
        pytest.param(b"\x0a\x00", PROTOBUF, id="one empty resource in protobuf"),
        pytest.param(b"{}", JSON, id="an empty object in JSON"),
        pytest.param(b'{"resourceSpans": null}', JSON, id="null resourceSpans"),
        pytest.param(b'{"resourceSpans": [{}]}', JSON, id="one empty resource in JSON"),
        pytest.param(b'{"resourceSpans": [], "more": 1}', JSON, id="unknown fields beside"),
    ],
)
def test_a_request_without_spans_is_fine(body: bytes, content_type: str):
    decoded = otlp.decode(body, content_type)
    assert (decoded.spans, decoded.rejected, decoded.reasons) == ([], 0, [])


def test_as_many_spans_as_allowed_pass():
    assert len(decode_proto(proto_request(*[proto_span()] * 5), max_spans=5).spans) == 5
    assert len(decode_json(json_request(*[json_span()] * 5), max_spans=5).spans) == 5


@pytest.mark.parametrize(
    ("decode", "body"),
    [
        pytest.param(decode_proto, proto_request(*[proto_span()] * 6), id="protobuf"),
        pytest.param(decode_json, json_request(*[json_span()] * 6), id="json"),
        pytest.param(decode_proto, proto_request(*[proto_span()] * 3) * 2, id="over two resources"),
        pytest.param(decode_proto, b"\x0a\x00" * 11, id="empty resources in protobuf"),
        pytest.param(decode_proto, b"\x0a\x16" + b"\x12\x00" * 11, id="empty scopes in protobuf"),
    ],
)
def test_one_span_too_many_is_413(decode: Any, body: Any):
    with pytest.raises(otlp.Refused) as refused:
        decode(body, max_spans=5)
    assert refused.value.status == 413
    assert "smaller batches" in refused.value.message


def test_ten_million_empty_spans_are_refused_before_they_take_memory():
    spans = b"\x12\x00" * 10_000_000
    scope = b"\x12" + varint(len(spans)) + spans
    body = b"\x0a" + varint(len(scope)) + scope
    before = time.perf_counter()
    assert _refusal(body, PROTOBUF).status == 413
    assert time.perf_counter() - before < 1


def test_millions_of_json_containers_are_refused_before_they_are_parsed():
    assert _refusal(b'{"resourceSpans":[' + b"{}," * 3_000_001 + b"{}]}", JSON).status == 413
