"""Text of traces and of judges is hostile: whatever reads it takes time in line with its length.

A function that goes over the same text again and again took minutes for one chat message, and
held up the judging of every team. Here each reader gets long texts made of a few repeated pieces,
which is what such a message looks like: at this length a quadratic reader takes seconds or worse,
a linear one some milliseconds.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals_app.judging import fit_to_budget, neutralize_text, offline_words, prompt, verdict
from signals_app.judging.model_server import errors
from tests.traces.conversations import assistant, call, result, span, user
from traces import messages, visible_text
from traces.conventions import attribute_values
from traces.messages.decoding import python_reprs
from traces.transcript import of_session, of_trace

pytestmark = pytest.mark.slow

CHARS = 40_000
MOST_S = 0.5

PIECES = [
    "<|", " ", "<", "[", "<<", "</", "<think>", "</think>", "<transcript", "```", "{", '{"', "[[",
    "\x1b]", "\x1b[", "data:", "data:a/b;", ";base64,", "data:a/b;base64,", "'a': ", "\\", '"',
    "a", "\n", "\r", "\u200b", "\U000e0041", "\ud800", "|>", "]", "\uff5c", "/", "prompt ",
    "insufficient", "ignore ", "ignore previous ", "I can't ", "# ", "you are now ", "model ",
    "exceed", "act ", "- ", "label: ",
]  # fmt: skip


def _patterns(*found: Any) -> Callable[[str], Any]:
    return lambda text: [pattern.search(text) for pattern in found]


def _verdict(text: str) -> None:
    for is_aside in (False, True):
        with contextlib.suppress(verdict.Unreadable):
            verdict.read(text, ["true", "false"], is_aside=is_aside)


def _transcript(text: str) -> None:
    tool = ("c1", text[:2_000], text)
    spans = [
        span(1, "agent", at=0, lasts=9, input__value=text, output__value=text),
        call(2, [user(text)], [assistant("", tool)], parent=1, at=1),
        span(3, "tool", 1, at=2, gen_ai__tool__name=text[:2_000], input__value=text, error=text),
        call(4, [user(text), result("c1", text)], [assistant(text)], parent=1, at=3),
    ]
    said = of_trace(spans)
    prompt.evidence(said, "trace", "c" * 20, 60_000)
    prompt.evidence(said, "span", "c" * 20, 1_000)


READERS: dict[str, Callable[[str], Any]] = {
    "neutral": neutralize_text.neutral,
    "a name in a heading": neutralize_text.neutral_name,
    "an explanation": verdict.clean,
    "a verdict": _verdict,
    "a repr": python_reprs.read,
    "a transcript for the judge": _transcript,
    "an error of a judge": lambda text: errors.read(400, "", text, {}, "m", datetime.now(UTC)),
    "rules of the offline judge": _patterns(
        offline_words.REFUSAL, offline_words.LAZY, offline_words.FRUSTRATED, offline_words.GLAD,
        offline_words.SAD, offline_words.GIVEN_UP, offline_words.ATTACK, offline_words.INDECENT,
    ),
    "cutting": lambda text: fit_to_budget.fit(
        [fit_to_budget.Block("[user]", text, "user")] * 5, 30_000
    ),
    "messages": lambda text: messages.read({"input.value": text, "output.value": text}, [], "llm"),
    "a message in JSON": lambda text: messages.read(
        {"gen_ai.input.messages": json.dumps([{"role": "user", "content": text}])}, [], "llm"
    ),
    "a tool": lambda text: messages.read({"input.value": text, "output.value": text}, [], "tool"),
    "previews": lambda text: messages.preview(
        {"input.value": text, "gen_ai.completion": text}, [], "llm"
    ),
    "the name of a tool": attribute_values.text,
    "the message of an error": attribute_values.message,
    "characters nobody sees": visible_text.visible,
}  # fmt: skip


def seconds(reader: Callable[[str], Any], text: str) -> float:
    began = time.process_time()
    reader(text)
    return time.process_time() - began


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@pytest.mark.parametrize(
    "text",
    ["<|" + " " * CHARS, "<" + " " * CHARS, "<<" + " " * CHARS, "[" + " " * CHARS,
     "<think>" * (CHARS // 7), "<| " * (CHARS // 3), "<|a " * (CHARS // 4)],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_a_message_that_once_stopped_judging_is_read_at_once(
    reader: Callable[[str], Any], text: str
) -> None:
    took = seconds(reader, text)
    assert took < MOST_S


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@given(
    first=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3),
    then=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_a_text_of_repeated_pieces_is_read_in_linear_time(
    reader: Callable[[str], Any], first: list[str], then: list[str]
) -> None:
    again = "".join(then)
    took = seconds(reader, "".join(first) + again * (CHARS // len(again)))
    assert took < MOST_S


def test_results_that_belong_to_no_call_are_woven_in_linear_time() -> None:
    asked = [
        assistant("", *((f"call {turn} {number}", "f", "{}") for number in range(400)))
        for turn in range(40)
    ]
    spans = [call(1, asked)]
    for number in range(2, 10):
        told = [result(f"other {number} {place}", "done") | {"name": "f"} for place in range(1_900)]
        spans.append(call(number, told, at=number))
    took = seconds(lambda _: of_trace(spans), "")
    assert took < 2


def test_flattened_messages_without_text_are_previewed_in_linear_time() -> None:
    rows = {f"llm.input_messages.{number}.message.role": "user" for number in range(20_000)}
    took = seconds(lambda _: messages.preview(rows, [], "llm"), "")
    assert took < MOST_S * 2


def test_a_list_of_many_parts_is_one_message_in_linear_time() -> None:
    part = {"type": "tool_call", "name": "f", "arguments": {}}
    raw = [{"parts": [part] * 400}, *[{"text": "a"}] * 1_999]
    took = seconds(lambda _: messages.read({"output.value": json.dumps(raw)}, [], "llm"), "")
    assert took < 2


def test_a_session_of_many_short_turns_is_woven_in_linear_time() -> None:
    turns = [
        [span(number, "agent", at=number, trace=f"{number:032x}", input__value=f"q{number}")]
        for number in range(1, 10_001)
    ]
    took = seconds(lambda _: of_session(turns), "")
    assert took < 3
