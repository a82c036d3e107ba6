"""What comes out of a model call, by convention: attributes and events in, messages out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.messages.told import Told, event, read_llm, told_by

GEN_AI_OUTPUT = [
    {
        "role": "assistant",
        "parts": [{"type": "text", "content": "It rains."}],
        "finish_reason": "stop",
    }
]
OUTPUTS: list[tuple[str, dict[str, Any], list[dict[str, Any]], Told]] = [
    ("GenAI output", {"gen_ai.output.messages": GEN_AI_OUTPUT}, [], [("assistant", "It rains.")]),
    (
        "an any-agent output with calls",
        {"gen_ai.output": '[{"tool.name":"f","tool.args":"{\\"a\\": 1}"}]'},
        [],
        [("assistant", 'tool_call f#None {"a": 1}')],
    ),
    (
        "Vercel's pieces make one message",
        {
            "ai.response.reasoning": "Hm.",
            "ai.response.text": "I look.",
            "ai.response.toolCalls": '[{"toolCallId":"v","toolName":"f","input":{"a":1}}]',
        },
        [],
        [("assistant", "reasoning Hm.", "I look.", 'tool_call f#v {"a":1}')],
    ),
    ("Vercel's object", {"ai.response.object": '{"n":1}'}, [], [("assistant", 'data {"n":1}')]),
    ("Vercel's old names", {"ai.result.text": "Hi"}, [], [("assistant", "Hi")]),
    (
        "a choice event with the message as JSON, and the result of a tool",
        {},
        [
            event(
                "gen_ai.choice", message='{"role":"assistant","content":"A"}', finish_reason="stop"
            ),
            event(
                "gen_ai.choice",
                message='[{"text": "B"}]',
                **{
                    "tool.result": json.dumps(
                        [{"toolResult": {"toolUseId": "b", "content": [{"text": "ok"}]}}]
                    )
                },
            ),
        ],
        [("assistant", "A"), ("assistant", "B"), ("tool", "tool_result None#b ok")],
    ),
    (
        "Traceloop's completion",
        {"gen_ai.completion.0.content": "Hi", "gen_ai.completion.0.finish_reason": "stop"},
        [],
        [("assistant", "Hi")],
    ),
    (
        "LangSmith's generations",
        {
            "gen_ai.completion": json.dumps(
                {
                    "generations": [
                        [
                            {
                                "text": "Hi",
                                "message": {
                                    "lc": 1,
                                    "type": "constructor",
                                    "id": ["x", "AIMessage"],
                                    "kwargs": {"content": "Hi"},
                                },
                            }
                        ]
                    ]
                }
            )
        },
        [],
        [("assistant", "Hi")],
    ),
    (
        "Pydantic-AI's final result after an output tool",
        {
            "all_messages_events": json.dumps(
                [{"event.name": "gen_ai.user.message", "role": "user", "content": "Hi"}]
            ),
            "final_result": "Done",
        },
        [],
        [("assistant", "Done")],
    ),
    (
        "ADK's response from Gemini",
        {
            "gcp.vertex.agent.llm_response": json.dumps(
                {
                    "content": {
                        "parts": [{"text": "think", "thought": True}, {"text": "Hi"}],
                        "role": "model",
                    },
                    "finish_reason": "STOP",
                }
            )
        },
        [],
        [("assistant", "reasoning think", "Hi")],
    ),
    (
        "OpenAI's response under output.value",
        {
            "output.value": json.dumps(
                {
                    "id": "x",
                    "choices": [
                        {
                            "index": 0,
                            "finish_reason": "stop",
                            "message": {
                                "role": "assistant",
                                "content": None,
                                "tool_calls": [
                                    {
                                        "id": "c",
                                        "type": "function",
                                        "function": {"name": "f", "arguments": "{}"},
                                    }
                                ],
                            },
                        }
                    ],
                }
            )
        },
        [],
        [("assistant", "tool_call f#c {}")],
    ),
    (
        "OpenAI's Responses output",
        {
            "output.value": json.dumps(
                {
                    "id": "r",
                    "output": [
                        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
                        {
                            "type": "message",
                            "role": "assistant",
                            "content": [{"type": "output_text", "text": "Hi"}],
                        },
                    ],
                }
            )
        },
        [],
        [("assistant", "reasoning Hm."), ("assistant", "Hi")],
    ),
    (
        "Bedrock's response",
        {
            "output.value": {
                "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
                "usage": {},
            }
        },
        [],
        [("assistant", "Hi")],
    ),
    (
        "blob, uri and file parts",
        {
            "gen_ai.output.messages": [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "blob", "mime_type": "audio/wav", "content": "QUJD"},
                        {"type": "uri", "modality": "image", "uri": "https://x.test/a.png"},
                        {"type": "file", "file_id": "f1"},
                    ],
                }
            ]
        },
        [],
        [
            (
                "assistant",
                "media [audio/wav, 3 B]",
                "media [image, https://x.test/a.png]",
                "media [file, f1]",
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("attributes", "events", "told"), [row[1:] for row in OUTPUTS], ids=[row[0] for row in OUTPUTS]
)
def test_output_of(attributes: dict[str, Any], events: list[dict[str, Any]], told: Told):
    assert told_by(read_llm(attributes, events).output) == told
