"""What counts as a verdict, and what never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals_app.judging import verdict

STRING = ("completed", "partial", "failed")
BINARY = ("true", "false")

READABLE = [
    pytest.param('{"reason": "r", "label": "failed"}', STRING, "failed", id="as asked"),
    pytest.param('{"label": " Failed "}', STRING, "failed", id="other case, spaces, no reason"),
    pytest.param('```json\n{"label": "failed"}\n```', STRING, "failed", id="in a code fence"),
    pytest.param(
        '<think>It may be {"label": "partial"}…</think>{"label": "failed"}',
        STRING,
        "failed",
        id="thinking is not the answer",
    ),
    pytest.param('so be it</think>{"label": "failed"}', STRING, "failed", id="stray end tag"),
    pytest.param('Verdict: {"label": "failed"} Done.', STRING, "failed", id="words around it"),
    pytest.param('{oops} {"label": "failed"}', STRING, "failed", id="a brace before it"),
    pytest.param(
        '{"label": "failed"}{"label": "partial"}', STRING, "failed", id="the first of two"
    ),
    pytest.param('{"label": true}', BINARY, "true", id="a JSON true"),
    pytest.param('{"label": false, "reason": "no"}', BINARY, "false", id="a JSON false"),
    pytest.param('{"label": "TRUE"}', BINARY, "true", id="a shouted true"),
]

UNREADABLE = [
    pytest.param("", STRING, "empty", id="nothing"),
    pytest.param("failed", STRING, "not JSON", id="a bare word"),
    pytest.param('{"reason": "r"}', STRING, 'no "label"', id="no label"),
    pytest.param('{"label": "fail"}', STRING, "not one of", id="nearly right"),
    pytest.param('{"label": "failed."}', STRING, "not one of", id="a full stop too much"),
    pytest.param('{"label": "failed, partial"}', STRING, "not one of", id="two labels"),
    pytest.param('{"label": true}', STRING, "not text", id="a boolean for a string signal"),
    pytest.param('{"label": 1}', BINARY, "not text", id="a number is no boolean"),
    pytest.param('{"label": null}', BINARY, "not text", id="null"),
    pytest.param('["failed"]', STRING, "not JSON", id="a list"),
    pytest.param('{"label": "fai', STRING, "not JSON", id="broken off"),
    pytest.param('<think>{"label": "failed"}', STRING, "empty", id="never stopped thinking"),
    pytest.param("{" * 5000, STRING, "not JSON", id="thousands of braces"),
    pytest.param('{"a":' * 3000 + "1", STRING, "not JSON", id="very deep"),
]


@pytest.mark.parametrize(("answer", "labels", "label"), READABLE)
def test_a_label_is_read(answer: str, labels: tuple[str, ...], label: str) -> None:
    assert verdict.read(answer, labels).label == label


@pytest.mark.parametrize(("answer", "labels", "words"), UNREADABLE)
def test_what_is_no_label_is_never_guessed(
    answer: str, labels: tuple[str, ...], words: str
) -> None:
    with pytest.raises(verdict.Unreadable, match=words):
        verdict.read(answer, labels)


@given(st.text())
def test_no_answer_makes_reading_crash(answer: str) -> None:
    try:
        read = verdict.read(answer, STRING)
    except verdict.Unreadable:
        return
    assert read.label in STRING


def test_an_explanation_is_one_short_clean_line() -> None:
    told = "because\n\tof\x00 this\u202e and \u200bthat" + " x" * 600
    read = verdict.read('{"label": "failed", "reason": ' + repr_json(told) + "}", STRING)
    assert read.explanation.startswith("because of this and that x")
    assert len(read.explanation) <= 500
    assert read.explanation.endswith("…")


def repr_json(text: str) -> str:
    return '"' + text.encode("unicode_escape").decode().replace("\\x", "\\u00") + '"'


def test_the_schema_asks_for_the_reason_first_and_names_the_labels() -> None:
    schema = verdict.schema(STRING)
    assert list(schema["properties"]) == ["reason", "label"]
    assert schema["properties"]["label"]["enum"] == list(STRING)
    assert schema["required"] == ["reason", "label"]
    assert schema["additionalProperties"] is False
