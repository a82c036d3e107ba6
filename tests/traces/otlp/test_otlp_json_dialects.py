"""The ways in which senders write OTLP in JSON, all read alike."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.traces.otlp_requests import (
    END,
    PARENT,
    SPAN,
    START,
    TRACE,
    decode_json,
    json_request,
    json_span,
)
from traces.records import SpanRecord


def _b64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _only(request: Any) -> SpanRecord:
    decoded = decode_json(request)
    assert (decoded.rejected, decoded.reasons) == (0, [])
    (span,) = decoded.spans
    return span


@pytest.mark.parametrize(
    ("trace_id", "span_id", "parent_id"),
    [
        pytest.param(TRACE, SPAN, PARENT, id="hex as the specification says"),
        pytest.param(TRACE.upper(), SPAN.upper(), PARENT.upper(), id="hex in upper case"),
        pytest.param(_b64(TRACE), _b64(SPAN), _b64(PARENT), id="base64 from MessageToJson"),
        pytest.param(
            _b64(TRACE).replace("+", "-").replace("/", "_"), SPAN, PARENT, id="base64 for urls"
        ),
    ],
)
def test_ids_are_read_in_every_spelling(trace_id: str, span_id: str, parent_id: str):
    span = _only(json_request(json_span(traceId=trace_id, spanId=span_id, parentSpanId=parent_id)))
    assert span.trace_id.hex() == TRACE
    assert span.span_id.hex() == SPAN
    assert span.parent_span_id is not None
    assert span.parent_span_id.hex() == PARENT


@pytest.mark.parametrize("parent", [None, "", "0" * 16, "AAAAAAAAAAA="])
def test_a_root_may_write_its_missing_parent_in_several_ways(parent: str | None):
    assert _only(json_request(json_span(parentSpanId=parent))).parent_span_id is None


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        pytest.param(2, 2, id="a number"),
        pytest.param("2", 2, id="digits"),
        pytest.param(2.0, 2, id="a float"),
        pytest.param("SPAN_KIND_CLIENT", 3, id="the full name"),
        pytest.param("client", 3, id="the short name"),
        pytest.param(None, 0, id="missing"),
        pytest.param(99, 0, id="an unknown number"),
        pytest.param("SPAN_KIND_NEW", 0, id="an unknown name"),
    ],
)
def test_the_kind_is_a_number_or_a_name(kind: Any, number: int):
    assert _only(json_request(json_span(kind=kind))).otel_kind == number


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        pytest.param(None, 0, "", id="missing"),
        pytest.param({}, 0, "", id="empty"),
        pytest.param({"code": 2, "message": "no"}, 2, "no", id="a number"),
        pytest.param({"code": "STATUS_CODE_ERROR"}, 2, "", id="a name"),
        pytest.param({"code": "STATUS_CODE_OK"}, 1, "", id="the name for ok"),
        pytest.param({"code": 7}, 0, "", id="an unknown number"),
    ],
)
def test_the_status_is_a_number_or_a_name(status: Any, code: int, message: str):
    span = _only(json_request(json_span(status=status)))
    assert (span.status_code, span.status_message) == (code, message)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param(str(START), START, id="a string"),
        pytest.param(START, START, id="a number"),
        pytest.param(1544712660.0, 1544712660, id="a float"),
        pytest.param("1544712660.0", 1544712660, id="a float in a string"),
        pytest.param(None, 0, id="missing"),
        pytest.param("0", 0, id="zero"),
        pytest.param("", 0, id="empty"),
        pytest.param("-5", 0, id="before 1970"),
        pytest.param("18446744073709551615", 2**64 - 1, id="the largest there is"),
        pytest.param("18446744073709551616", 0, id="one more than the largest"),
        pytest.param("9" * 5000, 0, id="five thousand digits"),
    ],
)
def test_a_time_is_kept_to_the_nanosecond(sent: Any, kept: int):
    assert _only(json_request(json_span(startTimeUnixNano=sent))).start_ns == kept


def _attribute(value: Any) -> Any:
    span = json_span(attributes=[{"key": "k", "value": value}])
    return _only(json_request(span)).attributes["k"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param({"stringValue": "a"}, "a", id="a string"),
        pytest.param({"stringValue": ""}, "", id="an empty string"),
        pytest.param({"stringValue": None}, None, id="a null string"),
        pytest.param({"string_value": "a"}, "a", id="snake case"),
        pytest.param({"intValue": "42"}, 42, id="an int in a string"),
        pytest.param({"intValue": 42}, 42, id="an int as a number"),
        pytest.param({"intValue": 5.0}, 5, id="an int as 5.0"),
        pytest.param({"intValue": "-7"}, -7, id="a negative int"),
        pytest.param({"intValue": str(2**63 - 1)}, 2**63 - 1, id="the largest int"),
        pytest.param({"intValue": str(2**63)}, str(2**63), id="one more is kept as digits"),
        pytest.param({"intValue": 2**63}, str(2**63), id="a number out of range too"),
        pytest.param({"intValue": "9" * 5000}, "9" * 5000, id="five thousand digits"),
        pytest.param({"boolValue": True}, True, id="true"),
        pytest.param({"boolValue": "false"}, False, id="false in a string"),
        pytest.param({"doubleValue": 0.5}, 0.5, id="a double"),
        pytest.param({"doubleValue": 1}, 1.0, id="a double as an int"),
        pytest.param({"doubleValue": "0.5"}, 0.5, id="a double in a string"),
        pytest.param({"doubleValue": "NaN"}, "NaN", id="NaN as protobuf writes it"),
        pytest.param(
            {"doubleValue": "-Infinity"}, "-Infinity", id="infinity as protobuf writes it"
        ),
        pytest.param({"doubleValue": None}, None, id="NaN as JavaScript writes it"),
        pytest.param({"bytesValue": "aGk="}, "aGk=", id="bytes stay base64"),
        pytest.param({"arrayValue": {"values": [{"intValue": 1}, {}]}}, [1, None], id="an array"),
        pytest.param({"arrayValue": {}}, [], id="an empty array"),
        pytest.param(
            {"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}},
            {"a": True},
            id="a list of pairs",
        ),
        pytest.param({"kvlistValue": {"values": {"a": 1}}}, {"a": 1}, id="pairs as an object"),
        pytest.param({}, None, id="an empty value"),
        pytest.param(None, None, id="null"),
        pytest.param({"newValue": 1}, None, id="a type of the future"),
    ],
)
def test_a_value_is_read(sent: Any, kept: Any):
    value = _attribute(sent)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("number", "kept"), [("NaN", "NaN"), ("Infinity", "Infinity"), ("-1e999", "-Infinity")]
)
def test_a_bare_nan_in_the_text_is_kept_as_a_word(number: str, kept: str):
    request = json.dumps(json_request(json_span(attributes=[{"key": "k", "value": {}}])))
    body = request.replace("{}", f'{{"doubleValue": {number}}}')
    assert _only(body.encode()).attributes == {"k": kept}


def test_broken_text_is_mended_and_not_refused():
    request = json.dumps(json_request(json_span(name="<here>")))
    for broken in (b"\\ud800", b"\xff", b"\\u0000", b"\0"):
        span = _only(request.encode().replace(b"<here>", b"a" + broken + b"b"))
        assert span.name == "a\ufffdb"
    assert _only(b"\xef\xbb\xbf" + request.encode()).name == "<here>"


def test_the_last_of_equal_keys_wins():
    pairs = [{"key": "a", "value": {"intValue": n}} for n in (1, 2, 3)]
    assert _only(json_request(json_span(attributes=pairs))).attributes == {"a": 3}


def test_attributes_may_be_a_plain_object():
    plain = {"a": "x", "b": 1, "c": [True, None], "d": {"e": 2**70}, "f": {"stringValue": "y"}}
    attributes = _only(json_request(json_span(attributes=plain))).attributes
    assert attributes.pop("d") == {"e": float(2**70)}  # as orjson reads it
    assert attributes == {"a": "x", "b": 1, "c": [True, None], "f": "y"}


def test_unknown_fields_are_ignored():
    span = json_span(flags=257, traceState="a=b", newField={"a": [1]}, droppedAttributesCount=3)
    assert _only(json_request(span)).dropped_attributes == 3


def test_snake_case_and_the_names_before_2022_are_read():
    span = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_span_id": PARENT,
        "name": "old",
        "start_time_unix_nano": START,
        "end_time_unix_nano": END,
        "dropped_attributes_count": 1,
        "events": [{"name": "e", "time_unix_nano": 5}],
        "links": [{"trace_id": TRACE, "span_id": SPAN}],
    }
    for spans, library in (
        ("instrumentation_library_spans", "instrumentation_library"),
        ("instrumentationLibrarySpans", "instrumentationLibrary"),
        ("scope_spans", "scope"),
    ):
        group = {spans: [{library: {"name": "lib", "version": "2"}, "spans": [span]}]}
        read = _only({"resource_spans": [group]})
        assert (read.scope_name, read.scope_version) == ("lib", "2")
        assert (read.start_ns, read.end_ns, read.dropped_attributes) == (START, END, 1)
        assert read.events == [{"name": "e", "time_ns": 5, "attributes": {}}]
        assert read.links == [{"trace_id": TRACE, "span_id": SPAN, "attributes": {}}]


def test_spans_of_one_resource_share_its_attributes():
    decoded = decode_json(json_request(json_span(), json_span(), resource={"service.name": "s"}))
    first, second = decoded.spans
    assert first.resource == {"service.name": "s"}
    assert first.resource is second.resource
