"""A bad span is refused alone: the good ones of its request land, and the sender is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.traces.otlp_requests import (
    decode_json,
    decode_proto,
    fill_pairs,
    fill_value,
    json_request,
    json_span,
    proto_request,
    proto_request_of,
    proto_span,
    varint,
)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"trace_id": b""}, "its trace id is missing", id="no trace id"),
        pytest.param({"trace_id": bytes(16)}, "its trace id is all zero", id="a zero trace id"),
        pytest.param(
            {"trace_id": b"x" * 24}, "its trace id has 24 bytes instead of 16", id="a long trace id"
        ),
        pytest.param({"span_id": b""}, "its span id is missing", id="no span id"),
        pytest.param({"span_id": bytes(8)}, "its span id is all zero", id="a zero span id"),
        pytest.param({"span_id": b"s-1"}, "has 3 bytes instead of 8", id="a short span id"),
        pytest.param(
            {"parent_span_id": b"1234"}, "its parent span id has 4 bytes", id="a short parent id"
        ),
    ],
)
def test_a_protobuf_span_with_a_bad_id_is_refused_alone(changes: dict[str, Any], why: str):
    decoded = decode_proto(
        proto_request(proto_span(), proto_span(name="bad one", **changes), proto_span())
    )
    assert (len(decoded.spans), decoded.rejected) == (2, 1)
    assert decoded.reasons[0].startswith('span 1 "bad one": ')
    assert why in decoded.reasons[0]


def test_a_parent_of_zeros_is_no_parent():
    decoded = decode_proto(proto_request(proto_span(parent_span_id=bytes(8))))
    assert decoded.spans[0].parent_span_id is None


def _with_bad_utf8() -> bytes:
    return proto_request(
        proto_span(), proto_span(name="bad <here>"), proto_span(name="good")
    ).replace(b"<here>", b"\xff\xfehere")


def test_a_span_with_invalid_utf8_is_refused_alone():
    decoded = decode_proto(_with_bad_utf8())
    assert [span.name for span in decoded.spans] == ["chat", "good"]
    assert decoded.rejected == 1
    assert "span 1" in decoded.reasons[0]


def test_a_span_that_nests_too_deep_is_refused_alone():
    value = b""  # written by hand: protobuf refuses to build it as well
    for _ in range(60):
        array = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(array)) + array
    pair = b"\x12" + varint(len(value)) + value
    deep = proto_span().SerializeToString() + b"\x4a" + varint(len(pair)) + pair
    decoded = decode_proto(proto_request(proto_span()) + proto_request_of(deep))
    assert (len(decoded.spans), decoded.rejected) == (1, 1)


def test_a_span_of_millions_of_empty_values_is_refused_before_it_is_parsed():
    span = proto_span()
    attribute = span.attributes.add()
    attribute.key = "bomb"
    for _ in range(200_001):
        attribute.value.array_value.values.add()
    decoded = decode_proto(proto_request(proto_span(), span))
    assert (len(decoded.spans), decoded.rejected) == (1, 1)
    assert "200,000 values" in decoded.reasons[0]


def test_a_large_span_of_ordinary_values_is_kept():
    span = proto_span()
    fill_pairs(span.attributes, {"image": "x" * 400_000, "list": ["y"] * 20_000})
    decoded = decode_proto(proto_request(span))
    assert decoded.rejected == 0
    assert len(decoded.spans[0].attributes["list"]) == 20_000


def test_a_resource_that_cannot_be_read_costs_no_span():
    body = proto_request(proto_span(), resource={"service.name": "<here>"})
    decoded = decode_proto(body.replace(b"<here>", b"\xff\xfehere"))
    assert (len(decoded.spans), decoded.rejected) == (1, 0)
    assert decoded.spans[0].resource == {}
    assert decoded.reasons == ["a resource was left out: it is not valid protobuf or UTF-8"]


def test_only_ten_reasons_are_told():
    decoded = decode_proto(proto_request(*[proto_span(span_id=b"")] * 12))
    assert (decoded.rejected, len(decoded.reasons)) == (12, 10)


def test_a_link_that_points_nowhere_is_left_out():
    span = proto_span()
    span.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8)
    span.links.add(trace_id=b"\1" * 4, span_id=b"")
    links = decode_proto(proto_request(span)).spans[0].links
    assert links == [{"trace_id": "01" * 16, "span_id": "02" * 8, "attributes": {}}]


def test_a_bad_utf8_in_an_event_is_refused_with_its_span():
    span = proto_span()
    fill_value(span.events.add(name="e").attributes.add(key="k").value, "<here>")
    decoded = decode_proto(proto_request(proto_span(), span).replace(b"<here>", b"\xff\xfehere"))
    assert (len(decoded.spans), decoded.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("span", "why"),
    [
        pytest.param("text", "it is not an object", id="a span as a string"),
        pytest.param(None, "it is not an object", id="a span as null"),
        pytest.param([1], "it is not an object", id="a span as a list"),
        pytest.param(json_span(traceId=None), "trace id is missing", id="no trace id"),
        pytest.param(json_span(traceId=""), "trace id is missing", id="an empty trace id"),
        pytest.param(json_span(traceId="0" * 32), "trace id is all zero", id="a zero trace id"),
        pytest.param(json_span(traceId="ab" * 15), "has 15 bytes", id="a short trace id"),
        pytest.param(json_span(traceId="zz" * 16), "neither hex", id="a trace id of no digits"),
        pytest.param(json_span(traceId=12345), "trace id is not a string", id="an integer id"),
        pytest.param(json_span(spanId="s-1"), "neither hex", id="a made-up span id"),
        pytest.param(json_span(spanId="0" * 16), "span id is all zero", id="a zero span id"),
        pytest.param(json_span(spanId="ab" * 12), "has 12 bytes", id="a span id of 24 digits"),
        pytest.param(json_span(parentSpanId="ab"), "parent span id has 1", id="a short parent id"),
        pytest.param(json_span(name=5), "its name is not a string", id="a name as a number"),
        pytest.param(json_span(kind=[]), "its kind", id="a kind as a list"),
        pytest.param(json_span(kind=1.5), "its kind", id="a kind of one and a half"),
        pytest.param(json_span(startTimeUnixNano="soon"), "its start time", id="a time in words"),
        pytest.param(json_span(endTimeUnixNano={}), "its end time", id="a time as an object"),
        pytest.param(json_span(status="OK"), "its status is not an object", id="a status word"),
        pytest.param(json_span(status={"code": True}), "its status code", id="a true status code"),
        pytest.param(json_span(attributes="x"), "its attributes", id="attributes as a string"),
        pytest.param(json_span(attributes=[1]), "an attribute is not", id="an attribute as 1"),
        pytest.param(json_span(attributes=[{"key": 1}]), "the key", id="a key as a number"),
        pytest.param(
            json_span(attributes=[{"key": "a", "value": "b"}]),
            "attribute value is not an object",
            id="a bare value",
        ),
        pytest.param(
            json_span(attributes=[{"key": "a", "value": {"intValue": "many"}}]),
            "an intValue is not a whole number",
            id="an int in words",
        ),
        pytest.param(
            json_span(attributes=[{"key": "a", "value": {"stringValue": 4}}]),
            "a stringValue is not a string",
            id="a string as a number",
        ),
        pytest.param(
            json_span(attributes=[{"key": "a", "value": {"boolValue": "perhaps"}}]),
            "neither true nor false",
            id="a bool in words",
        ),
        pytest.param(
            json_span(attributes=[{"key": "a", "value": {"doubleValue": []}}]),
            "a doubleValue is not a number",
            id="a double as a list",
        ),
        pytest.param(
            json_span(attributes=[{"key": "a", "value": {"arrayValue": {"values": 1}}}]),
            "the values of an arrayValue",
            id="an array of no list",
        ),
        pytest.param(json_span(events={}), "", id="events as an empty object pass"),
        pytest.param(json_span(events={"a": 1}), "its events", id="events as an object"),
        pytest.param(json_span(events=[5]), "an event is not an object", id="an event as 5"),
        pytest.param(json_span(links="x"), "its links", id="links as a string"),
    ],
)
def test_a_json_span_of_wrong_types_is_refused_alone(span: Any, why: str):
    decoded = decode_json(json_request(json_span(name="first"), span, json_span(name="last")))
    names = [kept.name for kept in decoded.spans]
    assert names[0] == "first"
    assert names[-1] == "last"
    assert decoded.rejected == (1 if why else 0)
    assert all(reason.startswith("span 1") and why in reason for reason in decoded.reasons)


def test_a_json_resource_of_a_wrong_type_costs_no_span():
    request = json_request(json_span())
    request["resourceSpans"][0]["resource"] = "mine"
    request["resourceSpans"][0]["scopeSpans"][0]["scope"] = {"name": 5}
    decoded = decode_json(request)
    assert (len(decoded.spans), decoded.rejected, len(decoded.reasons)) == (1, 0, 2)
