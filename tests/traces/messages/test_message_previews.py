"""The short texts of lists and search, made at ingest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.messages.told import event
from traces import messages

HISTORY = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "First question"},
    {"role": "assistant", "content": "First answer"},
    {"role": "user", "content": "Second question"},
]


def _flattened(prefix: str, listed: list[dict[str, str]]) -> dict[str, Any]:
    return {
        f"{prefix}{number}.message.{key}": value
        for number, said in enumerate(listed)
        for key, value in said.items()
    }


CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]], tuple[str, str]]] = [
    ("nothing", {"llm.model_name": "m"}, [], ("", "")),
    (
        "GenAI instructions ask nothing where another convention holds the question",
        {
            "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
            "pydantic_ai.all_messages": json.dumps(HISTORY),
        },
        [],
        ("Second question", ""),
    ),
    (
        "GenAI instructions alone",
        {"gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}]},
        [],
        ("Be brief.", ""),
    ),
    ("plain values", {"input.value": "Hi", "output.value": "Hello"}, [], ("Hi", "Hello")),
    (
        "OpenInference: the last user message, the last answer",
        _flattened("llm.input_messages.", HISTORY)
        | _flattened("llm.output_messages.", [{"role": "assistant", "content": "Second answer"}]),
        [],
        ("Second question", "Second answer"),
    ),
    (
        "OpenInference: ten is after two",
        {
            "llm.input_messages.10.message.role": "user",
            "llm.input_messages.10.message.content": "later",
            "llm.input_messages.2.message.role": "user",
            "llm.input_messages.2.message.content": "earlier",
        },
        [],
        ("later", ""),
    ),
    (
        "OpenInference: contents in parts",
        {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.text": "look",
            "llm.input_messages.0.message.contents.1.message_content.image.image.url": "https://x/y",
        },
        [],
        ("look\n[image, https://x/y]", ""),
    ),
    (
        "OpenInference beside a response as JSON",
        _flattened("llm.input_messages.", HISTORY)
        | {
            "output.value": '{"choices":[{"index":0,"message":{"role":"assistant","content":"A"}}]}'
        },
        [],
        ("Second question", "A"),
    ),
    (
        "GenAI",
        {
            "gen_ai.input.messages": json.dumps(HISTORY),
            "gen_ai.output.messages": [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "reasoning", "content": "Hm."},
                        {"type": "text", "content": "A"},
                    ],
                }
            ],
        },
        [],
        ("Second question", "A"),
    ),
    (
        "a state of LangGraph",
        {
            "input.value": json.dumps({"messages": HISTORY}),
            "output.value": json.dumps({"messages": [*HISTORY, {"type": "ai", "content": "A"}]}),
        },
        [],
        ("Second question", "A"),
    ),
    (
        "events",
        {},
        [event("gen_ai.user.message", content="Hi"), event("gen_ai.choice", message="Hello")],
        ("Hi", "Hello"),
    ),
    (
        "a call of a tool is shown where there are no words",
        {"ai.response.toolCalls": '[{"toolCallId":"v","toolName":"f","input":{"a":1}}]'},
        [],
        ("", 'f({"a":1})'),
    ),
    ("redacted", {"input.value": "__REDACTED__", "output.value": "{}"}, [], ("", "")),
    ("bare keys", {"input": "Hi", "output": "Hello"}, [], ("Hi", "Hello")),
]


@pytest.mark.parametrize(
    ("attributes", "events", "texts"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_the_preview_of(
    attributes: dict[str, Any], events: list[dict[str, Any]], texts: tuple[str, str]
):
    assert messages.preview(attributes, events, "llm") == texts


def test_a_preview_is_cut():
    assert messages.preview({"input.value": "x" * 9_000}, [], "agent", 100) == ("x" * 100, "")
    assert len(messages.preview({"input.value": "x" * 9_000}, [], "agent")[0]) == 4_096


def test_a_long_value_is_cut_without_being_parsed():
    long = json.dumps({"messages": [{"role": "user", "content": "x" * 70_000}]})
    assert messages.preview({"input.value": long}, [], "agent", 10)[0] == '{"messages'
    assert messages.preview({"gen_ai.input.messages": long}, [], "llm", 10)[0] == '{"messages'


def test_a_preview_can_be_stored():
    held = {"input.value": '"a\\u0000b"', "output.value": "cut \ud83d"}
    assert messages.preview(held, [], "agent") == ("a\ufffdb", "cut \ufffd")


def test_a_picture_does_not_fill_the_preview():
    held = {"input.value": "see data:image/png;base64," + "A" * 50_000}
    assert messages.preview(held, [], "agent")[0] == "see [image/png, 38 kB]"


def test_the_root_may_be_a_tool():
    held = {"tool.name": "f", "input.value": '{"a":1}', "output.value": "done"}
    assert messages.preview(held, [], "tool") == ('{"a":1}', "done")
