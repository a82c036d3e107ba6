"""What goes into a model call, by convention: attributes and events in, messages out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.messages.told import Told, event, read_llm, told_by

GEN_AI_INPUT = [
    {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
    {
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "content": "I should look."},
            {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}},
        ],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "rainy"}]},
]
GEN_AI_TOLD: Told = [
    ("user", "Weather in Paris?"),
    ("assistant", "reasoning I should look.", 'tool_call weather#c1 {"city":"Paris"}'),
    ("tool", "tool_result None#c1 rainy"),
]
GEN_AI_ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "It rains."}]}
LANGCHAIN = {
    "messages": [
        [
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "HumanMessage"],
                "kwargs": {"content": "Hi", "type": "human"},
            },
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "AIMessage"],
                "kwargs": {
                    "content": "",
                    "tool_calls": [{"name": "find", "args": {"q": 1}, "id": "t1"}],
                },
            },
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "ToolMessage"],
                "kwargs": {"content": "found", "tool_call_id": "t1", "name": "find"},
            },
        ]
    ]
}
LANGCHAIN_TOLD: Told = [
    ("user", "Hi"),
    ("assistant", 'tool_call find#t1 {"q":1}'),
    ("tool", "tool_result find#t1 found"),
]
BEDROCK = [
    {"role": "user", "content": [{"text": "Hi"}]},
    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "b", "name": "f", "input": {}}}]},
    {"role": "user", "content": [{"toolResult": {"toolUseId": "b", "content": [{"text": "ok"}]}}]},
]

INPUTS: list[tuple[str, dict[str, Any], list[dict[str, Any]], Told]] = [
    (
        "Langfuse's own key comes before everything else",
        {"langfuse.observation.input": '"Hello"', "input.value": "not this"},
        [],
        [("user", "Hello")],
    ),
    (
        "GenAI messages as a JSON string",
        {"gen_ai.input.messages": json.dumps(GEN_AI_INPUT)},
        [],
        GEN_AI_TOLD,
    ),
    (
        "GenAI messages as structured values",
        {"gen_ai.input.messages": GEN_AI_INPUT},
        [],
        GEN_AI_TOLD,
    ),
    (
        "GenAI system instructions come first",
        {
            "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
            "gen_ai.input.messages": GEN_AI_INPUT[:1],
        },
        [],
        [("system", "Be brief."), ("user", "Weather in Paris?")],
    ),
    (
        "GenAI system instructions that a system message repeats are said once",
        {
            "gen_ai.system_instructions": [
                {"type": "text", "content": "Be brief."},
                {"type": "text", "content": "Be kind."},
            ],
            "gen_ai.input.messages": [
                {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
                *GEN_AI_INPUT[:1],
            ],
        },
        [],
        [("system", "Be kind."), ("system", "Be brief."), ("user", "Weather in Paris?")],
    ),
    (
        "GenAI system instructions that a details event repeats are said once",
        {},
        [
            event(
                "gen_ai.client.inference.operation.details",
                **{
                    "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
                    "gen_ai.input.messages": [
                        {"role": "developer", "content": "Be brief."},
                        *GEN_AI_INPUT[:1],
                    ],
                },
            )
        ],
        [("system", "Be brief."), ("user", "Weather in Paris?")],
    ),
    (
        "GenAI system instructions that a user repeats are the system's too",
        {
            "gen_ai.system_instructions": "Be brief.",
            "gen_ai.input.messages": [{"role": "user", "content": "Be brief."}],
        },
        [],
        [("system", "Be brief."), ("user", "Be brief.")],
    ),
    (
        "GenAI key with OpenAI's role and content",
        {
            "gen_ai.input.messages": json.dumps(
                [{"role": "developer", "content": "A"}, {"role": "user", "content": "B"}]
            )
        },
        [],
        [("system", "A"), ("user", "B")],
    ),
    (
        "several details events on one span are merged",
        {},
        [
            event(
                "gen_ai.client.inference.operation.details",
                **{"gen_ai.input.messages": json.dumps(GEN_AI_INPUT[:1])},
            ),
            event(
                "gen_ai.client.inference.operation.details",
                **{"gen_ai.input.messages": GEN_AI_INPUT[1:]},
            ),
            event(
                "gen_ai.client.inference.operation.details",
                **{"gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}]},
            ),
        ],
        [("system", "Be brief."), *GEN_AI_TOLD],
    ),
    (
        "OpenInference rows are sorted by number, may start at 1 and have gaps",
        {
            "llm.input_messages.10.message.role": "user",
            "llm.input_messages.10.message.content": "third",
            "llm.input_messages.1.message.role": "system",
            "llm.input_messages.1.message.content": "first",
            "llm.input_messages.2.message.role": "user",
            "llm.input_messages.2.message.contents.1.message_content.text": "b",
            "llm.input_messages.2.message.contents.0.message_content.text": "a",
            "llm.input_messages.2.message.contents.0.message_content.type": "text",
            "llm.input_messages.99999999999999999999.message.content": "attack",
            "llm.input_messages.²7.message.content": "attack",
        },
        [],
        [("system", "first"), ("user", "a", "b"), ("user", "third")],
    ),
    (
        "OpenInference calls, results and pictures",
        {
            "llm.input_messages.0.message.role": "assistant",
            "llm.input_messages.0.message.tool_calls.0.tool_call.id": "c1",
            "llm.input_messages.0.message.tool_calls.0.tool_call.function.name": "f",
            "llm.input_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"a": 1}',
            "llm.input_messages.1.message.role": "tool",
            "llm.input_messages.1.message.tool_call_id": "c1",
            "llm.input_messages.1.message.content": "[1, 2]",
            "llm.input_messages.2.message.role": "user",
            "llm.input_messages.2.message.contents.0.message_content.type": "image",
            "llm.input_messages.2.message.contents.0.message_content.image.image.url": (
                "data:image/png;base64," + "A" * 164_000
            ),
        },
        [],
        [
            ("assistant", 'tool_call f#c1 {"a": 1}'),
            ("tool", "tool_result None#c1 [1, 2]"),
            ("user", "media [image/png, 123 kB]"),
        ],
    ),
    (
        "one JSON list under llm.input_messages",
        {"llm.input_messages": '[{"role":"user","content":"Hi"}]'},
        [],
        [("user", "Hi")],
    ),
    (
        "OpenInference prompts of completions",
        {"llm.prompts.0.prompt.text": "Say"},
        [],
        [("user", "Say")],
    ),
    (
        "Vercel's messages of a model call",
        {
            "ai.prompt.messages": json.dumps(
                [
                    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                    {
                        "role": "tool",
                        "content": [
                            {
                                "type": "tool-result",
                                "toolCallId": "v",
                                "toolName": "f",
                                "output": {"type": "json", "value": {"n": 1}},
                            }
                        ],
                    },
                ]
            )
        },
        [],
        [("user", "Hi"), ("tool", 'tool_result f#v {"n":1}')],
    ),
    (
        "Vercel's prompt with a system text",
        {"ai.prompt": '{"system":"Be brief.","prompt":"Hi"}'},
        [],
        [("system", "Be brief."), ("user", "Hi")],
    ),
    (
        "an event for each message, with Bedrock's blocks as Strands sends them",
        {},
        [
            event("gen_ai.system.message", content="Be brief."),
            event("gen_ai.user.message", content='[{"text": "Hi"}]'),
            event("gen_ai.assistant.message", content=json.dumps(BEDROCK[1]["content"])),
            event("gen_ai.tool.message", content="sunny", id="b"),
            event("gen_ai.choice", message="no input"),
        ],
        [
            ("system", "Be brief."),
            ("user", "Hi"),
            ("assistant", "tool_call f#b {}"),
            ("tool", "tool_result None#b sunny"),
        ],
    ),
    (
        "the oldest event holds the whole prompt",
        {},
        [event("gen_ai.content.prompt", **{"gen_ai.prompt": '[{"role":"user","content":"Hi"}]'})],
        [("user", "Hi")],
    ),
    (
        "Traceloop's flattened prompt",
        {
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.content": '[{"type":"text","text":"Hi"}]',
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.2.role": "assistant",
            "gen_ai.prompt.2.tool_calls.0.id": "c1",
            "gen_ai.prompt.2.tool_calls.0.name": "f",
            "gen_ai.prompt.2.tool_calls.0.arguments": '{"a":1}',
            "gen_ai.prompt.3.role": "tool",
            "gen_ai.prompt.3.tool_call_id": "c1",
            "gen_ai.prompt.3.content": "done",
        },
        [],
        [
            ("system", "Be brief."),
            ("user", "Hi"),
            ("assistant", 'tool_call f#c1 {"a":1}'),
            ("tool", "tool_result None#c1 done"),
        ],
    ),
    (
        "LangSmith's whole run with LangChain objects",
        {"gen_ai.prompt": json.dumps(LANGCHAIN)},
        [],
        LANGCHAIN_TOLD,
    ),
    (
        "Pydantic-AI's run on the agent's span",
        {"pydantic_ai.all_messages": json.dumps([*GEN_AI_INPUT, GEN_AI_ANSWER])},
        [],
        GEN_AI_TOLD,
    ),
    (
        "Logfire's events without the answer",
        {
            "events": json.dumps(
                [
                    {"event.name": "gen_ai.user.message", "content": "Hi", "role": "user"},
                    {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant"}},
                ]
            )
        },
        [],
        [("user", "Hi")],
    ),
    (
        "Logfire's request data",
        {"request_data": '{"model":"m","messages":[{"role":"user","content":"Hi"}]}'},
        [],
        [("user", "Hi")],
    ),
    (
        "ADK's request to Gemini",
        {
            "gcp.vertex.agent.llm_request": json.dumps(
                {
                    "model": "gemini",
                    "config": {"system_instruction": "Be brief."},
                    "contents": [
                        {"role": "user", "parts": [{"text": "Hi"}]},
                        {"role": "model", "parts": [{"function_call": {"name": "f", "args": {}}}]},
                        {
                            "role": "user",
                            "parts": [{"function_response": {"name": "f", "response": {"r": 1}}}],
                        },
                    ],
                }
            )
        },
        [],
        [
            ("system", "Be brief."),
            ("user", "Hi"),
            ("assistant", "tool_call f#None {}"),
            ("tool", 'tool_result f#None {"r":1}'),
        ],
    ),
    (
        "MLflow encodes everything once more",
        {
            "mlflow.spanInputs": json.dumps(
                json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
            )
        },
        [],
        [("user", "Hi")],
    ),
    (
        "Traceloop's entity holds the arguments of the function",
        {"traceloop.entity.input": '{"inputs":{"question":"Why?"},"tags":[],"metadata":{}}'},
        [],
        [("user", "Why?")],
    ),
]


@pytest.mark.parametrize(
    ("attributes", "events", "told"), [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS]
)
def test_input_of(attributes: dict[str, Any], events: list[dict[str, Any]], told: Told):
    assert told_by(read_llm(attributes, events).input) == told
