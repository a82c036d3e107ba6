"""Whatever the bytes: decoding answers or refuses, and both encodings say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.traces.otlp_requests import (
    PARENT,
    SPAN,
    TRACE,
    decode_json,
    decode_proto,
    fill_pairs,
    json_request,
    json_span,
    pairs,
    proto_request,
    proto_span,
)
from traces import otlp
from traces.conventions import derive
from traces.records import Decoded

pytestmark = pytest.mark.slow

quick = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)

_GOOD = proto_request(proto_span(parent_span_id=b"12345678"), resource={"service.name": "s"})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

_FIELDS = [
    *("resourceSpans", "resource", "scopeSpans", "scope", "spans", "attributes", "traceId"),
    *("spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "status", "code", "message"),
    *("events", "links", "key", "value", "values", "stringValue", "intValue", "arrayValue"),
    *("kvlistValue", "doubleValue", "boolValue"),
]

#: JSON that has the field names of OTLP in all the wrong places.
otlp_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", TRACE, SPAN, PARENT, "x", "5", "\0", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=5)
    ),
    max_leaves=25,
)


def _decodes_or_refuses(body: bytes, content_type: str) -> None:
    try:
        decoded = otlp.decode(body, content_type)
    except otlp.Refused:
        return
    _is_storable(decoded)


def _is_storable(decoded: Decoded) -> None:
    for span in decoded.spans:
        assert len(span.trace_id) == 16
        assert len(span.span_id) == 8
        text = json.dumps(
            [span.attributes, span.events, span.links, span.resource, span.name, span.scope_name],
            allow_nan=False,
            ensure_ascii=False,
        )
        assert "\\u0000" not in text
        text.encode()
        derive(span)


@quick
@given(st.binary(max_size=300))
@example(b"")
def test_arbitrary_bytes_are_decoded_or_refused(body: bytes):
    _decodes_or_refuses(body, otlp.PROTOBUF)
    _decodes_or_refuses(body, otlp.JSON)


@quick
@given(st.integers(0, len(_GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_request_is_decoded_or_refused(place: int, damage: bytes):
    _decodes_or_refuses(_GOOD[:place] + damage + _GOOD[place + len(damage) :], otlp.PROTOBUF)
    _decodes_or_refuses(_GOOD[:place], otlp.PROTOBUF)


@quick
@given(json_values)
def test_arbitrary_json_is_decoded_or_refused(value: Any):
    _decodes_or_refuses(json.dumps(value).encode(), otlp.JSON)


@quick
@given(otlp_like)
def test_json_of_wrong_shapes_is_decoded_or_refused(value: Any):
    _decodes_or_refuses(json.dumps({"resourceSpans": value}).encode(), otlp.JSON)
    _decodes_or_refuses(json.dumps(json_request(value)).encode(), otlp.JSON)


@quick
@given(st.dictionaries(st.sampled_from(_FIELDS), otlp_like))
def test_a_span_of_wrong_shapes_never_takes_a_good_one_along(changes: dict[str, Any]):
    decoded = decode_json(json_request(json_span(name="good"), {**json_span(), **changes}))
    assert decoded.spans[0].name == "good"
    assert len(decoded.spans) + decoded.rejected == 2
    _is_storable(decoded)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
attribute_values = st.recursive(
    st.none()
    | texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=True)
    | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@quick
@given(
    st.dictionaries(texts, attribute_values, max_size=6),
    st.dictionaries(texts, attribute_values, max_size=3),
    texts,
    st.integers(0, 2**64 - 1),
    st.integers(0, 5),
    st.sampled_from([0, 1, 2]),
)
def test_both_encodings_of_a_request_decode_to_equal_records(
    attributes: dict[str, Any],
    resource: dict[str, Any],
    name: str,
    time: int,
    kind: int,
    code: int,
):
    sent = proto_span(
        name=name,
        kind=kind,
        start_time_unix_nano=time,
        end_time_unix_nano=0,
        status={"code": code, "message": name},
    )
    fill_pairs(sent.attributes, attributes)
    fill_pairs(sent.events.add(name=name, time_unix_nano=time).attributes, attributes)
    link = sent.links.add(trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN))
    fill_pairs(link.attributes, attributes)
    same = json_span(
        name=name,
        kind=kind,
        startTimeUnixNano=str(time),
        endTimeUnixNano="0",
        status={"code": code, "message": name},
        attributes=pairs(attributes),
        events=[{"name": name, "timeUnixNano": str(time), "attributes": pairs(attributes)}],
        links=[{"traceId": TRACE, "spanId": SPAN, "attributes": pairs(attributes)}],
    )
    from_protobuf = decode_proto(proto_request(sent, resource=resource))
    from_json = decode_json(json_request(same, resource=resource))
    assert from_protobuf == from_json
    assert (len(from_json.spans), from_json.rejected) == (1, 0)
    _is_storable(from_json)


field_keys = st.sampled_from(
    sorted(
        {
            "gen_ai.usage.input_tokens",
            "langfuse.observation.usage_details",
            "langfuse.observation.cost_details",
            "metadata",
            "tag.tags",
            "session.id",
            "openinference.span.kind",
            "ai.operationId",
            "mlflow.spanType",
            "langfuse.trace.metadata.x",
            "gen_ai.tool.name",
            "model",
            "error.type",
            "signals.judge",
        }
    )
)
odd_values = json_values | st.sampled_from(
    ['{"a":', '{"input": -1}', '"\\"LLM\\""', "[1,", "\x1b[1m", '["a", null]', "1e999", '"\\u0000"']
)


@quick
@given(st.dictionaries(field_keys, odd_values))
def test_reading_rules_never_raise(attributes: dict[str, Any]):
    body = json_request(json_span(attributes=attributes))
    for span in decode_json(body).spans:
        fields = derive(span)
        assert "\0" not in json.dumps([fields.session_id, fields.metadata, fields.tags])
