"""Roles that are none of the four, answers in pieces, and prompts around a question."""

from __future__ import annotations

import pytest

from tests.traces.conversations import assistant, call, lines, span, system, user
from tests.traces.messages.told import read_llm, told_by
from traces.transcript import of_trace


def _said(role: str, text: str, *before: dict[str, object]) -> list[tuple[str, ...]]:
    held = {"gen_ai.input.messages": [*before, {"role": role, "content": text}]}
    return told_by(read_llm(held).input)[len(before) :]


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("lookup_order", ("tool", "tool_result lookup_order#None Hi")),
        ("getWeather", ("tool", "tool_result getWeather#None Hi")),
        ("observation", ("tool", "tool_result observation#None Hi")),
        ("Narrator", ("assistant", "Hi")),
        ("refund_agent", ("assistant", "Hi")),
        ("USER", ("user", "Hi")),
        ("", ("user", "Hi")),
    ],
)
def test_a_role_that_is_none_of_the_four_is_never_the_user(role: str, told: tuple[str, ...]):
    assert _said(role, "Hi") == [told]


def test_a_role_that_names_a_called_tool_is_its_result():
    spans = [call(1, [user("Sum?"), assistant("", ("c1", "sum", "{}")), {"role": "sum",
                  "content": "3"}], [assistant("3")])]  # fmt: skip
    assert lines(of_trace(spans)) == ["user: Sum?", "sum({}) -> 3", "assistant: 3"]


PIECES = ["Yes", ", until", " the", " 30th", "."]


def test_the_pieces_of_a_stream_are_one_message():
    held = {f"llm.output_messages.{i}.message.role": "assistant" for i in range(len(PIECES))}
    held |= {f"llm.output_messages.{i}.message.content": text for i, text in enumerate(PIECES)}
    assert told_by(read_llm(held).output) == [("assistant", "Yes, until the 30th.")]


def test_the_pieces_of_a_stream_in_one_message_are_one_text():
    key = "llm.output_messages.0.message"
    held = {f"{key}.role": "assistant"}
    for number, text in enumerate(PIECES):
        held[f"{key}.contents.{number}.message_content.type"] = "text"
        held[f"{key}.contents.{number}.message_content.text"] = text
    assert told_by(read_llm(held).output) == [("assistant", "Yes, until the 30th.")]


def test_several_answers_beside_each_other_stay_several():
    listed = [assistant("yes"), assistant("no"), assistant("It depends on the order.")]
    assert len(read_llm({"gen_ai.output.messages": listed}).output) == 3


def test_what_was_written_around_a_question_is_not_the_users():
    prompt = "Current task: May 1842 be refunded?\nExpected: one sentence."
    spans = [
        span(1, "agent", at=0, lasts=9, input__value="May 1842 be refunded?", output__value="Yes."),
        call(2, [system("Be brief."), user(prompt)], [assistant("Yes.")], parent=1, at=1),
    ]
    assert lines(of_trace(spans)) == [
        "user: May 1842 be refunded?",
        "system: Be brief.",
        f"system: {prompt}",
        "assistant: Yes.",
    ]


def test_a_span_that_holds_two_answers_tells_the_call_of_the_first_once():
    calls = assistant("", ("", "look", '{"id": 1}'))
    both = assistant("Here.", ("", "look", '{"id": 1}'))
    done = {"role": "tool", "name": "look", "content": '{"result": "found"}'}
    spans = [
        call(1, [user("It?"), calls, done], [both], at=0, lasts=9),
        span(
            2, "tool", 1, at=2, tool__name="look", tool__id="adk-1", input__value='{"id": 1}',
            output__value='{"id": "adk-1", "name": "look", "response": {"result": "found"}}',
        ),
    ]  # fmt: skip
    assert lines(of_trace(spans)) == [
        "user: It?",
        'look({"id": 1}) -> {"result": "found"}',
        "assistant: Here.",
    ]
