"""Traffic is written by strangers: no JSON value may break a reading rule."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from traces import messages
from traces.messages.dialects import genai
from traces.records import KINDS, StoredSpan
from traces.transcript import of_session, of_span, of_trace

pytestmark = pytest.mark.slow

#: Words that steer the readers, so that random values meet their branches.
WORDS = [
    "role", "content", "parts", "type", "text", "tool_calls", "function", "arguments", "name",
    "id", "message", "messages", "choices", "generations", "contents", "output", "input", "data",
    "kwargs", "lc", "event.name", "tool_call", "tool_result", "image_url", "url", "user", "tool",
    "assistant", "response", "result", "source", "server_tool_call", "reasoning", "prompt",
    "system", "tool_call_id", "toolResult", "inline_data", "finish_reason", "additional_kwargs",
]  # fmt: skip
KEYS = [
    "langfuse.observation.input", "langfuse.observation.output", "gen_ai.system_instructions",
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.output", "llm.input_messages",
    "llm.input_messages.0.message.role", "llm.input_messages.0.message.content",
    "llm.input_messages.x.message.content", "llm.input_messages.7", "llm.prompts",
    "llm.output_messages.1.message.contents.0.message_content.image.image.url",
    "llm.output_messages.1.message.tool_calls.0.tool_call.function.arguments", "ai.prompt",
    "ai.prompt.messages", "ai.response.text", "ai.response.toolCalls", "ai.response.object",
    "gen_ai.prompt.0.role", "gen_ai.prompt.0.content", "gen_ai.prompt", "gen_ai.completion",
    "gen_ai.completion.0.tool_calls.0.name", "pydantic_ai.all_messages", "final_result",
    "events", "gcp.vertex.agent.llm_request", "mlflow.spanOutputs", "traceloop.entity.input",
    "input.value", "input.mime_type", "output.value", "input", "output", "tool.parameters",
    "gen_ai.tool.name", "gen_ai.tool.call.id", "ai.toolCall.result", "tool.name",
]  # fmt: skip

texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec=None), max_size=12))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts,
    st.sampled_from(["{", '{"a', '["', "\x00", "\ud800", "data:image/png;base64,AAAA", "N/A"]),
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(texts, inner, max_size=3),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
        inner.map(lambda value: json.dumps(value)),
    ),
    max_leaves=18,
)
attributes = st.dictionaries(st.sampled_from(KEYS), values, max_size=6)
events = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from([*sorted(genai.EVENTS), "exception"]),
                "attributes": st.dictionaries(
                    st.one_of(
                        st.sampled_from(
                            ["content", "message", "role", "id", "tool.result", "gen_ai.prompt"]
                        ),
                        st.sampled_from(KEYS),
                    ),
                    values,
                    max_size=4,
                ),
            }
        ),
        st.dictionaries(texts, values, max_size=2),
    ),
    max_size=3,
)


def _span(kind: str, held: dict[str, Any], told: list[dict[str, Any]]) -> StoredSpan:
    return StoredSpan(
        "a" * 32, "b" * 16, None, "s", kind, 5, 9, True, None, {"attributes": held, "events": told}
    )


@settings(
    max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(attributes, events, st.sampled_from(KINDS))
@example({"langfuse.observation.input": '{"type":[]}'}, [], "agent")
def test_no_span_breaks_a_reader(held: dict[str, Any], told: list[dict[str, Any]], kind: str):
    content = messages.read(held, told, kind)
    for said in content.input + content.output:
        assert said.role in {"system", "user", "assistant", "tool"}
        assert said.parts
        for part in said.parts:
            part.text.encode()
            assert "\x00" not in part.text
    for text in messages.preview(held, told, kind, 50):
        text.encode()
        assert "\x00" not in text
        assert len(text) <= 50
    of_session([[_span(kind, held, told)], [_span(kind, held, told)]])
    of_span(_span(kind, held, told))


@pytest.mark.parametrize("wrapper", ["messages", "input", "content", "message", "parts"])
@pytest.mark.parametrize("depth", [20, 250, 900, 5_000])
@pytest.mark.parametrize("key", ["input.value", "gen_ai.input.messages", "ai.prompt"])
def test_deep_nesting_ends_quietly(wrapper: str, depth: int, key: str):
    deep = f'{{"{wrapper}":[' * depth + "1" + "]}" * depth
    held: dict[str, Any] = {key: deep, "llm.input_messages.0.message.content": deep}
    for kind in ("llm", "tool"):
        messages.read(held, [], kind)
        messages.preview(held, [], kind)
    of_trace([_span("llm", held, [])])


def test_deep_structured_values_end_quietly():
    deep: Any = "x"
    for level in range(900):
        deep = [deep] if level % 2 else {"content": deep}
    messages.read({"input.value": deep, "output.value": {"a": 1, "b": deep}}, [], "llm")
    messages.read({"input.value": deep, "output.value": {"a": 1, "b": deep}}, [], "tool")
