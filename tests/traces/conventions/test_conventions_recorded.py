"""Real recorded spans mean what their files say; the expected is read from the raw files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.traces.otlp_requests import decode_json, record
from tests.traces.recorded_otlp import AGENT_PRISM, ANY_AGENT, any_agent_request, vercel_spans
from traces.conventions import derive

_OPENINFERENCE = {
    "AGENT": "agent",
    "CHAIN": "chain",
    "LLM": "llm",
    "TOOL": "tool",
    "RETRIEVER": "retriever",
    "UNKNOWN": "other",
    None: "other",
}


def _raw_attributes(path: Path) -> list[dict[str, Any]]:
    return [
        {pair["key"]: next(iter(pair["value"].values())) for pair in span.get("attributes", [])}
        for request in json.loads(path.read_text())
        for group in request["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]


def _number(value: str | None) -> int | None:
    return None if value is None else int(value)


@pytest.mark.parametrize("path", AGENT_PRISM, ids=lambda path: path.stem)
def test_every_span_of_agent_prism_means_what_the_file_says(path: Path):
    decoded = [
        span for request in json.loads(path.read_text()) for span in decode_json(request).spans
    ]
    for span, raw in zip(decoded, _raw_attributes(path), strict=True):
        fields = derive(span)
        assert fields.kind == _OPENINFERENCE[raw.get("openinference.span.kind")]
        assert fields.model == raw.get("llm.model_name")
        assert fields.provider == raw.get("llm.provider")
        assert fields.input_tokens == _number(raw.get("llm.token_count.prompt"))
        assert fields.output_tokens == _number(raw.get("llm.token_count.completion"))
        assert fields.cache_read_tokens == _number(
            raw.get("llm.token_count.prompt_details.cache_read")
        )
        assert fields.reasoning_tokens == _number(
            raw.get("llm.token_count.completion_details.reasoning")
        )
        assert fields.session_id == raw.get("session.id")
        assert fields.service == "unknown_service"
        assert not fields.is_error
        if "tool.name" in raw:
            assert fields.tool_name == raw["tool.name"]
        scalars = {
            key: value
            for key, value in json.loads(raw.get("metadata", "{}")).items()
            if isinstance(value, str | int | float)
        }
        assert fields.metadata == scalars


@pytest.mark.parametrize("path", ANY_AGENT, ids=lambda path: path.stem)
def test_every_span_of_any_agent_means_what_the_file_says(path: Path):
    raw = json.loads(path.read_text())["spans"]
    for span, sent in zip(decode_json(any_agent_request(path)).spans, raw, strict=True):
        said, fields = sent["attributes"], derive(span)
        kinds = {"call_llm": "llm", "execute_tool": "tool", "invoke_agent": "agent"}
        assert fields.kind == kinds[said["gen_ai.operation.name"]]
        assert fields.model == said.get("gen_ai.request.model")
        assert fields.input_tokens == said.get("gen_ai.usage.input_tokens")
        assert fields.output_tokens == said.get("gen_ai.usage.output_tokens")
        assert fields.tool_name == said.get("gen_ai.tool.name")
        assert fields.agent_name == said.get("gen_ai.agent.name")
        if "gen_ai.usage.input_cost" in said:
            both = said["gen_ai.usage.input_cost"] + said["gen_ai.usage.output_cost"]
            assert fields.cost_usd == pytest.approx(both)
        assert fields.is_error == (sent["status"]["status_code"] == "error")


def _vercel_kind(operation: str) -> str:
    last = operation.rsplit(".", 1)[-1]
    kinds = {"doGenerate": "llm", "doStream": "llm", "toolCall": "tool"}
    return kinds.get(last, "embedding" if "mbed" in last else "chain")


VERCEL_SPANS = vercel_spans()


def test_the_golden_file_of_vercel_is_read_whole():
    assert len(VERCEL_SPANS) == 51
    assert {said["ai.operationId"] for _, said in VERCEL_SPANS} >= {
        "ai.embed",
        "ai.embedMany.doEmbed",
        "ai.generateObject",
        "ai.generateText.doGenerate",
        "ai.streamText.doStream",
        "ai.toolCall",
    }


@pytest.mark.parametrize(
    ("name", "said"), VERCEL_SPANS, ids=[f"{n}-{name}" for n, (name, _) in enumerate(VERCEL_SPANS)]
)
def test_every_golden_span_of_vercel_means_what_the_file_says(name: str, said: dict[str, Any]):
    fields = derive(record(said, name=name))
    operation = said["ai.operationId"]
    assert fields.kind == _vercel_kind(operation)
    if "ai.model.id" in said:
        assert fields.model == said.get("ai.response.model", said["ai.model.id"])
        assert fields.provider == "mock-provider"
    tokens = said.get("ai.usage.inputTokens", said.get("ai.usage.tokens"))
    assert fields.input_tokens == tokens
    assert fields.output_tokens == said.get("ai.usage.outputTokens")
    assert fields.reasoning_tokens == said.get("ai.usage.reasoningTokens")
    assert fields.tool_name == said.get("ai.toolCall.name")
    assert fields.agent_name == said.get("ai.telemetry.functionId")
    assert fields.repeats_children == (operation in ("ai.embed", "ai.embedMany"))
    assert fields.metadata == {
        key.removeprefix("ai.settings.context."): value
        for key, value in said.items()
        if key.startswith("ai.settings.context.")
    }
