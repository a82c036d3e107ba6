"""What PostgreSQL and a page cannot hold is replaced or cut, in both encodings."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.traces.otlp_requests import (
    decode_json,
    decode_proto,
    fill_pairs,
    json_request,
    json_span,
    pairs,
    proto_request,
    proto_span,
)
from traces.otlp.cleaning import MAX_ATTRIBUTES, MAX_DEPTH, MAX_TEXT, clean_json, without_surrogates
from traces.records import SpanRecord


def _through_protobuf(attributes: dict[str, Any], name: str = "n") -> SpanRecord:
    span = proto_span(name=name)
    fill_pairs(span.attributes, attributes)
    fill_pairs(span.events.add(name=name).attributes, attributes)
    return decode_proto(proto_request(span, resource=attributes)).spans[0]


def _through_json(attributes: dict[str, Any], name: str = "n") -> SpanRecord:
    event = {"name": name, "attributes": pairs(attributes)}
    span = json_span(name=name, attributes=pairs(attributes), events=[event])
    return decode_json(json_request(span, resource=attributes)).spans[0]


both = pytest.mark.parametrize(
    "through",
    [pytest.param(_through_protobuf, id="protobuf"), pytest.param(_through_json, id="json")],
)


@both
def test_nul_is_replaced_in_keys_and_values_everywhere(through: Any):
    sent = {"a\0": "b\0c", "list": ["\0"], "deep": {"\0k": {"x": "\0"}}}
    kept = {"a\ufffd": "b\ufffdc", "list": ["\ufffd"], "deep": {"\ufffdk": {"x": "\ufffd"}}}
    span = through(sent, name="n\0")
    assert span.name == "n\ufffd"
    assert span.attributes == kept
    assert span.resource == kept
    assert span.events[0]["name"] == "n\ufffd"
    assert span.events[0]["attributes"] == kept


@both
@pytest.mark.parametrize(
    ("number", "kept"),
    [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")],
)
def test_numbers_that_json_does_not_know_are_kept_as_words(through: Any, number: float, kept: str):
    assert through({"k": number, "l": [number]}).attributes == {"k": kept, "l": [kept]}


@both
def test_a_long_string_keeps_its_head_and_tail_and_says_what_is_missing(through: Any):
    text = "head" + "x" * (MAX_TEXT + 1_000) + "tail"
    kept = through({"k": text, "l": [text]}).attributes
    assert kept["k"] == kept["l"][0]
    assert kept["k"].startswith("headx")
    assert kept["k"].endswith("xtail")
    assert "[… 1,008 characters cut …]" in kept["k"]
    assert len(kept["k"]) < MAX_TEXT + 100


@both
def test_a_string_of_the_largest_size_stays_whole(through: Any):
    text = "x" * MAX_TEXT
    assert through({"k": text}).attributes == {"k": text}


@both
def test_bytes_become_base64_text(through: Any):
    blob = bytes(range(256))
    assert through({"k": blob}).attributes == {"k": base64.b64encode(blob).decode()}


@both
def test_too_many_attributes_keep_the_first_and_the_last_and_count_the_rest(through: Any):
    sent = {f"k{n}": n for n in range(MAX_ATTRIBUTES + 200)}
    span = through(sent)
    assert len(span.attributes) == MAX_ATTRIBUTES
    assert {"k0", "k1199"} <= span.attributes.keys()
    assert "k600" not in span.attributes
    assert span.dropped_attributes == 200


@both
def test_long_names_and_keys_are_cut(through: Any):
    span = through({"k" * 5_000: 1}, name="n" * 5_000)
    assert len(span.name) == 1_000
    assert span.name.endswith("n…")
    assert [len(key) for key in span.attributes] == [1_000]


@both
def test_ordinary_values_pass_unchanged(through: Any):
    sent = {"s": "ü 🙂", "e": "", "i": -(2**63), "d": 0.1, "b": False, "l": [1, ["x"], {}], "m": {}}
    assert through(sent).attributes == sent


def test_many_events_keep_the_first_and_the_last():
    span = proto_span()
    for number in range(1_200):
        span.events.add(name=str(number))
    events = decode_proto(proto_request(span)).spans[0].events
    assert (len(events), events[0]["name"], events[-1]["name"]) == (1_000, "0", "1199")


def test_json_deeper_than_the_bound_ends_in_a_note():
    value: Any = "bottom"
    for _ in range(100):
        value = [value]
    span = decode_json(json_request(json_span(attributes=pairs({"k": value})))).spans[0]
    kept, depth = span.attributes["k"], 0
    while isinstance(kept, list):
        kept, depth = kept[0], depth + 1
    assert kept == f"[nested deeper than {MAX_DEPTH} levels]"
    assert depth == MAX_DEPTH
    assert "deeper" in str(clean_json(value))


def test_lone_surrogates_are_replaced():
    assert without_surrogates("a\ud800b\udfff") == "a\ufffdb\ufffd"
