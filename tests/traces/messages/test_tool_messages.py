"""The span of a tool: one call in, one result out, under any convention."""

from __future__ import annotations

from typing import Any

import pytest

from tests.traces.messages.told import Told, event, told_by
from traces import messages
from traces.records import Content

CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]], str, str]] = [
    (
        "GenAI",
        {
            "gen_ai.tool.name": "f",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.arguments": {"a": 1},
            "gen_ai.tool.call.result": {"ok": True},
        },
        [],
        'tool_call f#c1 {"a":1}',
        'tool_result f#c1 {"ok":true}',
    ),
    (
        "Vercel",
        {
            "ai.toolCall.name": "f",
            "ai.toolCall.id": "c1",
            "ai.toolCall.args": '{"a":1}',
            "ai.toolCall.result": '"sunny"',
        },
        [],
        'tool_call f#c1 {"a":1}',
        "tool_result f#c1 sunny",
    ),
    (
        "OpenInference",
        {"tool.name": "f", "tool.id": "c1", "input.value": "{'a': 1}", "output.value": "sunny"},
        [],
        "tool_call f#c1 {'a': 1}",
        "tool_result f#c1 sunny",
    ),
    (
        "the declaration of parameters is not taken for arguments",
        {
            "tool.name": "f",
            "tool.parameters": '{"type":"object","properties":{"a":{"type":"integer"}}}',
            "input.value": '{"a":1}',
            "output.value": "sunny",
        },
        [],
        'tool_call f#None {"a":1}',
        "tool_result f#None sunny",
    ),
    (
        "ADK",
        {
            "gen_ai.tool.name": "f",
            "gcp.vertex.agent.llm_request": "{}",
            "gcp.vertex.agent.llm_response": "{}",
            "gcp.vertex.agent.tool_call_args": "{}",
            "gcp.vertex.agent.tool_response": '{"ok": 1}',
        },
        [],
        "tool_call f#None {}",
        'tool_result f#None {"ok": 1}',
    ),
    (
        "Traceloop",
        {
            "traceloop.entity.name": "f",
            "traceloop.entity.input": '{"args":[],"kwargs":{"a":1}}',
            "traceloop.entity.output": '"sunny"',
        },
        [],
        'tool_call f#None {"a":1}',
        "tool_result f#None sunny",
    ),
    (
        "Traceloop's envelope of a message of LangChain",
        {
            "traceloop.entity.name": "f",
            "traceloop.entity.output": {
                "output": {
                    "lc": 1,
                    "type": "constructor",
                    "id": ["langchain", "schema", "messages", "ToolMessage"],
                    "kwargs": {"content": "sunny", "type": "tool", "tool_call_id": "c1"},
                },
                "kwargs": {"tags": ["seq:step:1"], "color": "green", "name": "f"},
            },
        },
        [],
        "tool_call f#c1 ",
        "tool_result f#c1 sunny",
    ),
    (
        "Traceloop's envelope of text",
        {
            "traceloop.entity.name": "f",
            "traceloop.entity.output": '{"output": "sunny", "kwargs": {"tags": []}}',
        },
        [],
        "tool_call f#None ",
        "tool_result f#None sunny",
    ),
    (
        "a message of LangChain as the result",
        {
            "tool.name": "f",
            "input.value": "{}",
            "output.value": '{"output":{"type":"tool","content":"sunny","tool_call_id":"c1"}}',
        },
        [],
        "tool_call f#c1 {}",
        "tool_result f#c1 sunny",
    ),
    (
        "Strands' events",
        {"gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c1"},
        [
            event("gen_ai.tool.message", role="tool", content='{"a": 1}', id="c1"),
            event("gen_ai.choice", message='[{"text": "sunny"}]', id="c1"),
        ],
        'tool_call f#c1 {"a": 1}',
        "tool_result f#c1 sunny",
    ),
    (
        "GenAI messages on the tool's span",
        {
            "gen_ai.input.messages": [
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}],
                }
            ],
            "gen_ai.output.messages": [
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call_response", "id": "c1", "result": "sunny"}],
                }
            ],
        },
        [],
        "tool_call f#c1 {}",
        "tool_result f#c1 sunny",
    ),
]


@pytest.mark.parametrize(
    ("attributes", "events", "call", "result"),
    [row[1:] for row in CASES],
    ids=[r[0] for r in CASES],
)
def test_a_tool_span_of(
    attributes: dict[str, Any], events: list[dict[str, Any]], call: str, result: str
):
    content = messages.read(attributes, events, "tool")
    asked: Told = [("assistant", call)]
    answered: Told = [("tool", result)]
    assert (told_by(content.input), told_by(content.output)) == (asked, answered)


def test_a_tool_span_without_text_says_nothing():
    assert messages.read({"tool.name": "f", "tool.id": "c1"}, [], "tool") == Content()


def test_a_tool_that_returned_nothing_has_a_call_and_no_result():
    content = messages.read({"tool.name": "f", "input.value": '{"a":1}'}, [], "tool")
    assert (told_by(content.input), content.output) == (
        [("assistant", 'tool_call f#None {"a":1}')],
        (),
    )


@pytest.mark.parametrize("nothing", ["[]", []], ids=["as text", "as a list"])
def test_an_empty_list_is_a_result_nothing_was_found(nothing: object) -> None:
    content = messages.read({"tool.name": "search", "output.value": nothing}, [], "tool")
    assert content.output[0].parts[0].text == "[]"
    sent = {"role": "tool", "content": nothing, "tool_call_id": "call_1"}
    told = messages.read({"gen_ai.input.messages": [sent]}, [], "llm").input
    assert [(part.text, part.id) for message in told for part in message.parts] == [
        ("[]", "call_1")
    ]
