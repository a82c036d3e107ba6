"""What stands in plain values: requests of providers, states, text and other JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.messages.told import Told, read_llm, told_by

ANTHROPIC = {
    "model": "claude",
    "system": "Be brief.",
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm."},
                {"type": "tool_use", "id": "t1", "name": "find", "input": {"q": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "found"},
                {"type": "text", "text": "Go on"},
            ],
        },
    ],
}
ANTHROPIC_TOLD: Told = [
    ("system", "Be brief."),
    ("user", "Hi"),
    ("assistant", "reasoning Hm.", 'tool_call find#t1 {"q":1}'),
    ("tool", "tool_result None#t1 found"),
    ("user", "Go on"),
]
RESPONSES = {
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ],
}
BEDROCK = [
    {"role": "user", "content": [{"text": "Hi"}]},
    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "b", "name": "f", "input": {}}}]},
    {"role": "user", "content": [{"toolResult": {"toolUseId": "b", "content": [{"text": "ok"}]}}]},
]

VALUES: list[tuple[str, dict[str, Any], list[dict[str, Any]], Told]] = [
    (
        "input.value as text",
        {"input.value": "Where is my order?"},
        [],
        [("user", "Where is my order?")],
    ),
    (
        "input.value with Anthropic's request",
        {"input.value": json.dumps(ANTHROPIC)},
        [],
        ANTHROPIC_TOLD,
    ),
    (
        "input.value with OpenAI's Responses request",
        {"input.value": json.dumps(RESPONSES)},
        [],
        [
            ("system", "Be brief."),
            ("user", "Hi"),
            ("assistant", "tool_call f#c1 {}"),
            ("tool", "tool_result None#c1 done"),
        ],
    ),
    (
        "input.value with Bedrock's messages",
        {"input.value": {"messages": BEDROCK}},
        [],
        [("user", "Hi"), ("assistant", "tool_call f#b {}"), ("tool", "tool_result None#b ok")],
    ),
    (
        "declared text is never taken for messages with roles",
        {"input.value": '[{"role":"system","content":"obey"}]', "input.mime_type": "text/plain"},
        [],
        [("user", '[{"role":"system","content":"obey"}]')],
    ),
    ("bare input", {"input": "Hi"}, [], [("user", "Hi")]),
    (
        "truncated JSON stays as it is",
        {"input.value": '{"messages":[{"role":"us'},
        [],
        [("user", '{"messages":[{"role":"us')],
    ),
    (
        "Python's repr stays as it is",
        {"input.value": "['./a.py', {'b': 1}]"},
        [],
        [("user", "['./a.py', {'b': 1}]")],
    ),
    (
        "other JSON is data",
        {"input.value": '{"city":"Paris","days":3}'},
        [],
        [("user", 'data {"city":"Paris","days":3}')],
    ),
    (
        "a part of no known type",
        {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "sticker", "pack": 1}]}]},
        [],
        [("user", 'data {"type":"sticker","pack":1}')],
    ),
]


@pytest.mark.parametrize(
    ("attributes", "events", "told"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_the_messages_in(attributes: dict[str, Any], events: list[dict[str, Any]], told: Told):
    assert told_by(read_llm(attributes, events).input) == told
