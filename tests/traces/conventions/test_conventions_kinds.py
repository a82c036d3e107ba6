"""The kind of a span, from the words of every convention and from what else it carries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.traces.otlp_requests import record
from traces.conventions import derive
from traces.records import KINDS

#: key -> word -> kind, as the conventions define them (one row each for the table below).
WORDS: dict[str, dict[str, str]] = {
    "gen_ai.operation.name": {
        "invoke_agent": "agent",
        "create_agent": "agent",
        "plan": "agent",
        "chat": "llm",
        "text_completion": "llm",
        "generate_content": "llm",
        "completion": "llm",
        "generate": "llm",
        "call_llm": "llm",
        "execute_tool": "tool",
        "agent_step": "chain",
        "invoke_workflow": "chain",
        "retrieval": "retriever",
        "search_memory": "retriever",
        "embeddings": "embedding",
        "rerank": "reranker",
        "create_memory": "other",
        "something_new": "other",
    },
    "openinference.span.kind": {
        "AGENT": "agent",
        "LLM": "llm",
        "TOOL": "tool",
        "CHAIN": "chain",
        "RETRIEVER": "retriever",
        "EMBEDDING": "embedding",
        "RERANKER": "reranker",
        "GUARDRAIL": "guardrail",
        "EVALUATOR": "evaluator",
        "PROMPT": "prompt",
        "UNKNOWN": "other",
        "llm": "llm",
    },
    "traceloop.span.kind": {
        "agent": "agent",
        "tool": "tool",
        "workflow": "chain",
        "task": "chain",
        "unknown": "other",
    },
    "llm.request.type": {
        "chat": "llm",
        "completion": "llm",
        "embedding": "embedding",
        "rerank": "reranker",
    },
    "ai.operationId": {
        "ai.generateText": "chain",
        "ai.streamObject": "chain",
        "ai.generateText.doGenerate": "llm",
        "ai.streamText.doStream": "llm",
        "ai.toolCall": "tool",
        "ai.embed": "embedding",
        "ai.embedMany.doEmbed": "embedding",
        "ai.rerank": "reranker",
    },
    "operation.name": {"ai.streamText.doStream my-function": "llm", "GET /users": "other"},
    "langfuse.observation.type": {
        "agent": "agent",
        "generation": "llm",
        "tool": "tool",
        "chain": "chain",
        "retriever": "retriever",
        "embedding": "embedding",
        "guardrail": "guardrail",
        "evaluator": "evaluator",
        "span": "other",
        "event": "other",
    },
    "langsmith.span.kind": {
        "llm": "llm",
        "tool": "tool",
        "chain": "chain",
        "retriever": "retriever",
        "embedding": "embedding",
        "prompt": "prompt",
        "parser": "other",
    },
    "mlflow.spanType": {
        '"AGENT"': "agent",
        '"LLM"': "llm",
        '"CHAT_MODEL"': "llm",
        '"TOOL"': "tool",
        '"CHAIN"': "chain",
        '"RETRIEVER"': "retriever",
        '"EMBEDDING"': "embedding",
        '"RERANKER"': "reranker",
        '"UNKNOWN"': "other",
    },
    "inference.observation_kind": {"AGENT": "agent", "LLM": "llm"},
    "inference.observation.kind": {"TOOL": "tool"},
}


@pytest.mark.parametrize(
    ("key", "word", "kind"),
    [
        pytest.param(key, word, kind, id=f"{key} {word} is {kind}")
        for key, words in WORDS.items()
        for word, kind in words.items()
    ],
)
def test_each_word_of_each_convention_has_a_kind(key: str, word: str, kind: str):
    assert kind in KINDS
    assert derive(record({key: word})).kind == kind


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        pytest.param(
            {"gen_ai.operation.name": "chat", "openinference.span.kind": "AGENT"},
            "agent",
            id="OpenInference goes before GenAI",
        ),
        pytest.param(
            {"openinference.span.kind": "LLM", "langfuse.observation.type": "tool"},
            "tool",
            id="Langfuse's own type goes first",
        ),
        pytest.param(
            {"gen_ai.operation.name": "embeddings", "langsmith.span.kind": "retriever"},
            "retriever",
            id="LangSmith's own kind goes before the GenAI name that it writes for it",
        ),
        pytest.param(
            {"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "execute_tool"},
            "tool",
            id="a word that says unknown gives way to one that knows",
        ),
        pytest.param(
            {"langfuse.observation.type": "span", "ai.operationId": "ai.toolCall"},
            "tool",
            id="a plain Langfuse span gives way to a better word",
        ),
        pytest.param(
            {"openinference.span.kind": "UNKNOWN", "llm.input_messages.0.message.role": "user"},
            "other",
            id="where an SDK does not know, nothing is guessed",
        ),
        pytest.param(
            {"openinference.span.kind": " ", "gen_ai.request.model": "m"},
            "llm",
            id="a blank word is no word",
        ),
        pytest.param(
            {"gen_ai.operation.name": "handoff", "gen_ai.tool.name": "t"},
            "tool",
            id="an unheard-of word leaves room for the tool's name",
        ),
        pytest.param({"gen_ai.tool.name": "search"}, "tool", id="a tool's name makes a tool"),
        pytest.param({"gen_ai.request.model": "gpt-5"}, "llm", id="a model makes a model call"),
        pytest.param({"gen_ai.input.messages": "[{}]"}, "llm", id="messages make a model call"),
        pytest.param({"gen_ai.prompt.0.content": "hi"}, "llm", id="old prompts make a model call"),
        pytest.param(
            {"embedding.model_name": "e"}, "embedding", id="an embedding's model makes an embedding"
        ),
        pytest.param(
            {"model_name": "gpt-4o", "agent_name": "qa", "all_messages_events": "[{}]"},
            "agent",
            id="the agent run of pydantic-ai 1",
        ),
        pytest.param({"http.route": "/users"}, "other", id="a web request is none of them"),
        pytest.param({}, "other", id="no attributes at all"),
        pytest.param(
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "(merged tools)"},
            "chain",
            id="the summary of parallel calls by Google ADK is no call",
        ),
        pytest.param({"openinference.span.kind": ["LLM"]}, "other", id="a list is no word"),
    ],
)
def test_the_best_word_wins(attributes: dict[str, Any], kind: str):
    assert derive(record(attributes)).kind == kind


@pytest.mark.parametrize(
    ("operation", "repeats"),
    [
        ("ai.embed", True),
        ("ai.embedMany", True),
        ("ai.embed.doEmbed", False),
        ("ai.generateText.doGenerate", False),
    ],
)
def test_the_outer_embedding_of_vercel_repeats_the_tokens_of_the_inner(
    operation: str, repeats: bool
):
    fields = derive(record({"ai.operationId": operation, "operation.name": f"{operation} fn"}))
    assert fields.repeats_children is repeats


def test_the_placeholder_of_logfire_is_marked():
    assert derive(record({"logfire.span_type": "pending_span"})).is_placeholder
    assert not derive(record({"logfire.span_type": "span"})).is_placeholder
    assert not derive(record()).is_placeholder


@pytest.mark.parametrize(
    ("attributes", "resource", "is_judge"),
    [
        pytest.param({"signals.judge": True}, {}, True, id="the attribute is true"),
        pytest.param({"signals.judge": "true"}, {}, True, id="the attribute is the word true"),
        pytest.param({"signals.judge": 1}, {}, True, id="the attribute is one"),
        pytest.param({}, {"signals.judge": True}, True, id="the resource says so"),
        pytest.param({}, {"service.name": "signals-judge"}, True, id="the service is the judge"),
        pytest.param({"signals.judge": False}, {}, False, id="the attribute is false"),
        pytest.param({"signals.judge": "no"}, {}, False, id="the attribute is a no"),
        pytest.param({}, {"service.name": "signals"}, False, id="another service"),
    ],
)
def test_spans_of_our_own_judge_are_known(
    attributes: dict[str, Any], resource: dict[str, Any], is_judge: bool
):
    assert derive(record(attributes, resource=resource)).is_judge is is_judge
