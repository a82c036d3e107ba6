"""Metadata becomes flat short facts to filter by, and tags a list of words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.otlp_requests import record
from traces.conventions import derive


@pytest.mark.parametrize(
    ("attributes", "metadata"),
    [
        pytest.param({"metadata": '{"a": "x", "b": 2}'}, {"a": "x", "b": 2}, id="a JSON string"),
        pytest.param({"metadata": '"{\\"a\\": 1}"'}, {"a": 1}, id="JSON in JSON"),
        pytest.param({"metadata": {"a": True}}, {"a": True}, id="a structure"),
        pytest.param({"metadata": '{"a": {"b": 1}, "c": [1], "d": null}'}, {}, id="no scalars"),
        pytest.param({"metadata": '{"a": 1'}, {}, id="cut JSON"),
        pytest.param({"metadata": "plain"}, {}, id="plain text"),
        pytest.param({"metadata": '{"a": "\\u0000"}'}, {"a": "\ufffd"}, id="an escaped NUL"),
        pytest.param({"metadata": '{"a": 18446744073709551615}'}, {"a": str(2**64 - 1)}, id="big"),
        pytest.param({"langfuse.trace.metadata.tier": "gold"}, {"tier": "gold"}, id="Langfuse"),
        pytest.param(
            {"traceloop.association.properties.customer_id": "c"},
            {"customer_id": "c"},
            id="Traceloop",
        ),
        pytest.param({"langsmith.metadata.env": "x"}, {"env": "x"}, id="LangSmith"),
        pytest.param({"ai.telemetry.metadata.plan": 3}, {"plan": 3}, id="Vercel"),
        pytest.param(
            {"ai.telemetry.metadata.userId": "u"}, {"userId": "u"}, id="a key that is a field too"
        ),
        pytest.param(
            {"metadata": '{"a": 1}', "langsmith.metadata.a": 2}, {"a": 1}, id="the first one wins"
        ),
        pytest.param({"langfuse.trace.metadata.": "x"}, {}, id="a prefix without a name"),
        pytest.param({"langfuse.trace.metadata.k": "x" * 501}, {}, id="a long value"),
        pytest.param({"langfuse.trace.metadata." + "k" * 201: "x"}, {}, id="a long key"),
        pytest.param({"langfuse.trace.name": "x", "llm.metadata.x": 1}, {}, id="other keys"),
    ],
)
def test_metadata_is_flat_and_short(attributes: dict[str, Any], metadata: dict[str, Any]):
    assert derive(record(attributes)).metadata == metadata


def test_at_most_fifty_facts_are_kept():
    many = {f"k{number}": number for number in range(80)}
    assert len(derive(record({"metadata": json.dumps(many)})).metadata) == 50


@pytest.mark.parametrize(
    ("attributes", "tags"),
    [
        pytest.param({"tag.tags": ["a", "b"]}, ["a", "b"], id="an array"),
        pytest.param({"langfuse.trace.tags": '["a", "b"]'}, ["a", "b"], id="JSON"),
        pytest.param({"langsmith.span.tags": "a, b,,a"}, ["a", "b"], id="joined by commas"),
        pytest.param({"ai.telemetry.metadata.tags": ["a"]}, ["a"], id="Vercel"),
        pytest.param({"tags": ["a", 3, None, " "]}, ["a", "3"], id="mixed values"),
        pytest.param({"tags": "[broken"}, ["[broken"], id="broken JSON is a word"),
        pytest.param({"tag.tags": [], "tags": ["b"]}, ["b"], id="an empty list is missing"),
        pytest.param({"tag.tags": {"a": 1}}, [], id="an object is no list"),
        pytest.param({"tags": ["x" * 900]}, ["x" * 200], id="a long tag is cut"),
        pytest.param({"tags": [str(n) for n in range(90)]}, [str(n) for n in range(50)], id="many"),
    ],
)
def test_tags_are_a_list_of_words(attributes: dict[str, Any], tags: list[str]):
    assert derive(record(attributes)).tags == tags
