"""What counts as a verdict, and what never does."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

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
        '{"label": "failed", "reason": "a"} {"label": "failed", "reason": "b"}',
        STRING,
        "failed",
        id="the same twice",
    ),
    pytest.param(
        '{"tool": "x", "label": "Shipping"}\n{"label": "failed"}',
        STRING,
        "failed",
        id="evidence with a label of its own",
    ),
    pytest.param(
        '{"reason": "he typed <think> and {\\"label\\": \\"partial\\"}", "label": "failed"}',
        STRING,
        "failed",
        id="a verdict quoted in the reason",
    ),
    pytest.param(
        '{"reason": "one\ntwo\tthree", "label": "failed"}', STRING, "failed", id="raw lines"
    ),
    pytest.param('{"reason": "isn\\\'t", "label": "failed"}', STRING, "failed", id="odd escape"),
    pytest.param('{"reason": "r", "label": "failed",}', STRING, "failed", id="trailing comma"),
    pytest.param("{'reason': 'r', 'label': 'failed'}", STRING, "failed", id="single quotes"),
    pytest.param("{reason: 'r', label: 'failed'} // done", STRING, "failed", id="bare keys"),
    pytest.param('{"Reason": "r", "Label": "failed"}', STRING, "failed", id="other case of keys"),
    pytest.param('{"verdict": {"label": "failed"}}', STRING, "failed", id="wrapped"),
    pytest.param('[{"label": "failed"}]', STRING, "failed", id="in a list"),
    pytest.param('{"label": "“failed”"}', STRING, "failed", id="quoted twice"),
    pytest.param(
        '{"label": "e\u0301xcellent"}', ("éxcellent", "poor"), "éxcellent", id="accents apart"
    ),
    pytest.param(
        '{"label": "e\u2011mail - sent"}',
        ("e-mail \u2013 sent", "x"),
        "e-mail \u2013 sent",
        id="dashes",
    ),
    pytest.param('{"label": "done"}', ("Done", "done"), "done", id="the exact one of two alike"),
    pytest.param(
        '{"label": "cannot tell"}', ("cannot tell", "x"), "cannot tell", id="a label of its own"
    ),
    pytest.param('{"label": true}', BINARY, "true", id="a JSON true"),
    pytest.param('{"label": false, "reason": "no"}', BINARY, "false", id="a JSON false"),
    pytest.param('{"label": "TRUE"}', BINARY, "true", id="a shouted true"),
]

UNREADABLE = [
    pytest.param("", STRING, "empty", id="nothing"),
    pytest.param("failed", STRING, "not JSON", id="a bare word"),
    pytest.param(
        '{"label": "failed"}{"label": "partial"}', STRING, "two verdicts", id="two that differ"
    ),
    pytest.param(
        '{"label": "failed"} {"label": "cannot tell"}', STRING, "two verdicts", id="told and not"
    ),
    pytest.param('{"label": "failed", "label": "partial"}', STRING, "two labels", id="a key twice"),
    pytest.param(
        "{\"reason\": \"he wrote {'label': 'failed'} to",
        STRING,
        "not JSON",
        id="quoted, broken off",
    ),
    pytest.param(
        '{"label": "failed"} {"label": "nonsense"}', STRING, "not one of", id="last wrong"
    ),
    pytest.param('{"label": "DONE"}', ("Done", "done"), "not one of", id="one of two alike"),
    pytest.param('{"label": ["failed", "partial"]}', STRING, "not text", id="two in a list"),
    pytest.param("x" * 500_000, STRING, "too long", id="half a million characters"),
    pytest.param('{"label": "' + "x" * 100_000 + '"}', STRING, "not one of", id="an endless label"),
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
    assert read.label in (*STRING, None)


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
    assert schema["properties"]["label"]["enum"] == [*STRING, "cannot tell"]
    assert schema["required"] == ["reason", "label"]
    assert schema["additionalProperties"] is False


GIVEN = json.loads((Path(__file__).parents[2] / "data/judge-cases/answers.json").read_text())


@pytest.mark.parametrize("case", GIVEN, ids=[case["kind"] for case in GIVEN])
def test_answers_as_judges_were_seen_to_give_them(case: dict[str, Any]) -> None:
    try:
        read = verdict.read(case["answer"], case["labels"])
    except verdict.Unreadable:
        read = None
    if read is None:
        assert "unreadable" in case["right"]
        return
    label, _, rest = case["right"].partition(",")
    assert read.label == label
    if "reason" in rest:
        assert read.explanation == rest.split('"')[1]


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<THINK>\n", "\n</THINK>"),
        ("<think time='3'>", "</think >"),
        ("&lt;think&gt;", "&lt;/think&gt;"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
        ("<seed:think>", "</seed:think>"),
        ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
        ("[THINK]", "[/THINK]"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("<|channel|>analysis<|message|>", "<|channel|>final <|constrain|>json<|message|>"),
        ("<|channel>thought\n", "<channel|>"),
        ("analysis", "assistantfinal"),
        ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<unused94>thought\n", "<unused95>"),
        ("```thinking\n", "\n```\n"),
        ('<details type="reasoning" done="true">', "</details>"),
        ("Here is my thought process:", "Here is my response:"),
        ("", "</think>"),
        ("", "[/THINK]"),
    ],
)
@pytest.mark.parametrize("thought", ['It may be {"label": "partial"}. ', "Hm. "])
def test_thinking_is_not_the_answer(opens: str, closes: str, thought: str) -> None:
    answer = '{"reason": "r", "label": "failed"}'
    assert verdict.read(opens + thought + closes + answer, STRING).label == "failed"
    fenced = f"{opens}{thought}{closes}\n```json\n{answer}\n```"
    assert verdict.read(fenced, STRING).label == "failed"
    if opens:
        assert verdict.read(answer + "\n" + opens + thought + closes + answer, STRING).label
        with pytest.raises(verdict.Unreadable):
            verdict.read(opens.replace("analysis", "<think>") + thought, STRING)


@pytest.mark.parametrize("said", ["cannot tell", "Cannot Tell", "cannot_tell", "can\u2019t tell"])
def test_a_judge_may_say_that_it_cannot_tell(said: str) -> None:
    answer = json.dumps({"reason": "Nothing was recorded.", "label": said})
    read = verdict.read(answer, STRING)
    assert (read.label, read.explanation) == (None, "Nothing was recorded.")


@pytest.mark.parametrize("own", ["Cannot tell", "can't tell", "cannot-tell"])
def test_a_label_of_the_signal_that_says_so_goes_before_ours(own: str) -> None:
    labels = (own, "clear")
    assert verdict.schema(labels)["properties"]["label"]["enum"] == [own, "clear"]
    assert verdict.read(json.dumps({"label": own.upper()}), labels).label == own


@pytest.mark.parametrize("reason", ["", "…", "...", "-", " \u200b", "n/a", "None", "12", [], {}, 7])
def test_a_reason_without_words_is_none(reason: object) -> None:
    assert verdict.read(json.dumps({"reason": reason, "label": "failed"}), STRING).explanation == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<", "< ", "<think ", "<think>", "</think>", "{", '{"a":', '{"a":"', "{'a':", "{/*", "{//",
        "{'", '{"a":[', "}", "{}", "\\", '"', "'", "`", "\n```", "\n```think\n", "&lt;", "[THINK",
        "<|channel|>", "<details type=reasoning", "{reason:", '{"label":"failed"}', "\u0301\u0327",
        "assistantfinal", "Here is my ", "\t", "*", "\u25c1", "{\"x\": 1e", "{1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", ["", "{", '{"label":"', "<think>"])
def test_hostile_answers_are_read_in_time_that_is_in_line_with_their_length(
    piece: str, head: str
) -> None:
    answer = head + piece * (190_000 // len(piece))
    began = time.process_time()
    with contextlib.suppress(verdict.Unreadable):
        verdict.read(answer, STRING)
    assert time.process_time() - began < 3
