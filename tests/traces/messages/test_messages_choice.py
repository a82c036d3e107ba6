"""Which source is read, what counts as no content, and where reading stops."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.messages.told import read_llm, told_by
from traces.records import Content


@pytest.mark.parametrize(
    "nothing",
    ["", "  ", "{}", "[]", "N/A", "__REDACTED__", "<not specified>", "null", None, {}, []],
)
@pytest.mark.parametrize(
    "key",
    [
        "input.value",
        "gen_ai.input.messages",
        "langfuse.observation.input",
        "gcp.vertex.agent.llm_request",
    ],
)
def test_a_placeholder_is_no_content(key: str, nothing: Any):
    assert read_llm({key: nothing}) == Content()
    assert told_by(read_llm({key: nothing, "input": "Hi"}).input) == [("user", "Hi")]


def test_redacted_messages_leave_nothing_to_judge():
    held = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "__REDACTED__",
    }
    assert read_llm(held) == Content()


def test_input_and_output_may_come_from_different_places():
    content = read_llm(
        {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Hi",
            "output.value": "Hello",
        }
    )
    assert told_by(content.input) + told_by(content.output) == [
        ("user", "Hi"),
        ("assistant", "Hello"),
    ]
    assert (content.source, content.structured) == ("openinference", True)


def test_a_plain_value_is_not_structured():
    assert read_llm({"input.value": "Hi", "output.value": "Hello"}).structured is False
    assert (
        read_llm(
            {"input.value": json.dumps({"messages": [{"role": "user", "content": "Hi"}]})}
        ).structured
        is True
    )


def test_the_finish_reason_stays_with_the_message():
    answer = {"role": "assistant", "content": "Hi", "finish_reason": "stop"}
    assert read_llm({"gen_ai.output.messages": [answer]}).output[0].finish_reason == "stop"


def test_an_encoded_picture_inside_text_is_replaced():
    text = "see ![x](data:image/gif;base64," + "R0lG" * 500 + ") here"
    assert told_by(read_llm({"input.value": text}).input) == [
        ("user", "see ![x]([image/gif, 2 kB]) here")
    ]


def test_json_is_decoded_three_times_and_no_further():
    value: Any = {"messages": [{"role": "user", "content": "Hi"}]}
    for _ in range(3):
        value = json.dumps(value)
    assert told_by(read_llm({"input.value": value}).input) == [("user", "Hi")]
    assert told_by(read_llm({"input.value": json.dumps(value)}).input) == [
        ("user", json.dumps({"messages": [{"role": "user", "content": "Hi"}]}))
    ]


def test_the_number_of_messages_is_bounded():
    held = {f"llm.input_messages.{n}.message.content": "x" for n in range(5_000)}
    assert len(read_llm(held).input) == 2_000
