"""Agent, session, user, model, provider, tool and place, in the order of the map."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.traces.otlp_requests import record
from traces.conventions import derive
from traces.conventions.keys import FIELD_KEYS

COLUMNS = ("agent_id", "agent_name", "session_id", "user_id", "model", "tool_name")


@pytest.mark.parametrize(
    ("column", "key"),
    [pytest.param(c, key, id=f"{key} is a {c}") for c in COLUMNS for key in FIELD_KEYS[c]],
)
def test_every_key_of_the_map_is_read(column: str, key: str):
    assert getattr(derive(record({key: " a value "})), column) == "a value"


@pytest.mark.parametrize(
    ("column", "better", "worse"),
    [
        pytest.param(c, better, worse, id=f"{better} goes before {worse}")
        for c in COLUMNS
        for better, worse in zip(FIELD_KEYS[c], FIELD_KEYS[c][1:], strict=False)
    ],
)
def test_the_better_key_wins_wherever_it_stands(column: str, better: str, worse: str):
    assert getattr(derive(record({better: "yes", worse: "no"})), column) == "yes"
    assert getattr(derive(record({worse: "no", better: "yes"})), column) == "yes"
    nothings: list[Any] = ["", "  ", "<not specified>", "N/A", "{}", None, [], {}]
    for missing in nothings:
        assert getattr(derive(record({better: missing, worse: "next"})), column) == "next"


@pytest.mark.parametrize(
    ("attributes", "column", "value"),
    [
        pytest.param({"session.id": 42}, "session_id", "42", id="a session id may be a number"),
        pytest.param({"session.id": True}, "session_id", None, id="a truth is no session id"),
        pytest.param({"session.id": '"s-1"'}, "session_id", "s-1", id="MLflow quotes its values"),
        pytest.param({"user.id": '""'}, "user_id", None, id="a quoted nothing is nothing"),
        pytest.param({"user.id": '"open'}, "user_id", '"open', id="a lone quote stays"),
        pytest.param(
            {"langsmith.trace.session_id": "p"}, "session_id", None, id="LangSmith's is a project"
        ),
        pytest.param(
            {"model": "\x1b[1mclaude-opus\x1b[22m"}, "model", "claude-opus", id="colours are cut"
        ),
        pytest.param({"mlflow.llm.model": '"gpt-5"'}, "model", "gpt-5", id="MLflow's model"),
        pytest.param(
            {"traceloop.entity.name": "planner", "traceloop.span.kind": "agent"},
            "agent_name",
            "planner",
            id="the entity of a Traceloop agent is the agent",
        ),
        pytest.param(
            {"traceloop.entity.name": "step", "traceloop.span.kind": "task"},
            "agent_name",
            None,
            id="the entity of a Traceloop task is no agent",
        ),
        pytest.param(
            {"traceloop.entity.name": "search", "traceloop.span.kind": "tool"},
            "tool_name",
            "search",
            id="the entity of a Traceloop tool is the tool",
        ),
        pytest.param(
            {"ai.telemetry.functionId": "helper"}, "agent_name", "helper", id="Vercel's function"
        ),
        pytest.param(
            {"ai.telemetry.functionId": "fn", "gen_ai.agent.name": "real"},
            "agent_name",
            "real",
            id="an agent's name goes before a function's",
        ),
        pytest.param(
            {"session.id": "[Scrubbed due to 'session']", "gen_ai.conversation.id": "c"},
            "session_id",
            "c",
            id="what Logfire scrubbed is no session",
        ),
        pytest.param(
            {"user.id": "\"[Scrubbed due to 'auth']\""}, "user_id", None, id="in quotes neither"
        ),
        pytest.param({"user.id": "[REDACTED]"}, "user_id", None, id="a redacted user"),
        pytest.param({"session.id": "****"}, "session_id", None, id="a starred session"),
        pytest.param({"session.id": "NONE"}, "session_id", None, id="a placeholder in capitals"),
        pytest.param(
            {"user.id": "[Scrubbed] by hand"}, "user_id", "[Scrubbed] by hand", id="a strange user"
        ),
        pytest.param({"lk.agent_name": "voice"}, "agent_name", "voice", id="LiveKit's agent"),
        pytest.param(
            {"openinference.span.kind": "AGENT", "graph.node.id": "Refund agent"},
            "agent_name",
            "Refund agent",
            id="the node of a CrewAI agent is the agent",
        ),
        pytest.param(
            {"openinference.span.kind": "CHAIN", "graph.node.id": "tools"},
            "agent_name",
            None,
            id="the node of a step is no agent",
        ),
        pytest.param(
            {
                "openinference.span.kind": "AGENT",
                "graph.node.id": "7d4f2f1e9a704b5e",
                "graph.node.name": "my-agent",
            },
            "agent_name",
            "my-agent",
            id="agno's node has a name beside its drawn id",
        ),
        pytest.param(
            {"openinference.span.kind": "AGENT", "graph.node.id": "7d4f2f1e9a704b5e"},
            "agent_name",
            None,
            id="a drawn id is no name",
        ),
        pytest.param(
            {"mastra.entity.name": "Refund", "openinference.span.kind": "AGENT"},
            "agent_name",
            "Refund",
            id="Mastra's entity",
        ),
        pytest.param(
            {"metadata": '{"lc_agent_name": "refund_lg"}'},
            "agent_name",
            "refund_lg",
            id="LangChain's agent in OpenInference's metadata",
        ),
        *(
            pytest.param({f"{prefix}lc_agent_name": "refund_lg"}, "agent_name", "refund_lg", id=key)
            for prefix, key in (
                ("langsmith.metadata.", "in LangSmith's"),
                ("langfuse.observation.metadata.", "in Langfuse's"),
                ("langfuse.trace.metadata.", "in those of Langfuse's trace"),
                ("traceloop.association.properties.", "in Traceloop's"),
            )
        ),
        pytest.param(
            {"metadata": '{"lc_agent_name": "lc"}', "gen_ai.agent.name": "own"},
            "agent_name",
            "own",
            id="its own name goes before",
        ),
        pytest.param(
            {"openinference.span.kind": "TOOL"},
            "tool_name",
            "a span",
            id="a tool span without a tool's name bears it itself",
        ),
        pytest.param(
            {"openinference.span.kind": "LLM"}, "tool_name", None, id="a model call is no tool"
        ),
    ],
)
def test_a_value_is_read_with_its_quirks(attributes: dict[str, Any], column: str, value: Any):
    assert getattr(derive(record(attributes)), column) == value


def test_the_trace_name_of_langsmith_counts_on_the_root_only():
    attributes = {"langsmith.trace.name": "support"}
    assert derive(record(attributes)).agent_name == "support"
    assert derive(record(attributes, parent_span_id=b"12345678")).agent_name is None


def test_the_tool_prefix_of_a_span_name_is_not_the_tool():
    fields = derive(record({"gen_ai.operation.name": "execute_tool"}, name="execute_tool search"))
    assert fields.tool_name == "search"


@pytest.mark.parametrize(
    ("attributes", "provider"),
    [
        pytest.param({"gen_ai.provider.name": "openai"}, "openai", id="the current name"),
        pytest.param({"gen_ai.system": "anthropic"}, "anthropic", id="the older name"),
        pytest.param({"gen_ai.system": "OpenAI"}, "openai", id="case does not count"),
        pytest.param({"gen_ai.system": "az.ai.openai"}, "azure.ai.openai", id="an alias"),
        pytest.param({"llm.provider": "vertex_ai"}, "gcp.vertex_ai", id="another alias"),
        pytest.param({"llm.provider": "xai"}, "x_ai", id="one more alias"),
        pytest.param({"gen_ai.system": "gemini"}, "gcp.gemini", id="the last alias"),
        pytest.param({"ai.model.provider": "openai.responses"}, "openai", id="Vercel's responses"),
        pytest.param({"ai.model.provider": "anthropic.messages"}, "anthropic", id="its messages"),
        pytest.param({"ai.model.provider": "google.generative-ai"}, "google", id="its Google"),
        pytest.param({"gen_ai.system": "openai.chat"}, "openai", id="its copy for GenAI"),
        pytest.param({"mlflow.llm.provider": '"openai"'}, "openai", id="MLflow's, quoted"),
        pytest.param(
            {"gen_ai.system": "langchain", "langsmith.metadata.ls_provider": "openai"},
            "openai",
            id="a framework is no provider",
        ),
        pytest.param(
            {"gen_ai.provider.name": "strands-agents", "gen_ai.system": "strands-agents"},
            None,
            id="Strands names itself",
        ),
        pytest.param({"gen_ai.system": "gcp.vertex.agent"}, None, id="ADK names itself"),
        pytest.param({"gen_ai.system": "Langchain"}, None, id="LangChain with a capital"),
        pytest.param({}, None, id="nothing is said"),
    ],
)
def test_the_provider_has_one_name(attributes: dict[str, Any], provider: str | None):
    assert derive(record(attributes)).provider == provider


def test_service_and_environment_come_from_the_resource():
    for key in ("deployment.environment.name", "deployment.environment", "langfuse.environment"):
        fields = derive(record(resource={"service.name": "shop", key: "prod"}))
        assert (fields.service, fields.environment) == ("shop", "prod")
    both = {"deployment.environment": "old", "deployment.environment.name": "new"}
    assert derive(record(resource=both)).environment == "new"
    assert derive(record({"langfuse.environment": "test"})).environment == "test"


def test_the_service_is_never_an_agent():
    fields = derive(record(resource={"service.name": "shop"}))
    assert (fields.agent_id, fields.agent_name) == (None, None)


def test_a_resource_speaks_for_spans_that_are_silent():
    resource = {"agent.id": "a", "agent.name": "A", "session.id": "s", "user.id": "u"}
    silent = derive(record(resource=resource))
    assert (silent.agent_id, silent.agent_name) == ("a", "A")
    assert (silent.session_id, silent.user_id) == ("s", "u")
    assert derive(record({"session.id": "own"}, resource=resource)).session_id == "own"


def test_a_long_identity_is_cut_and_stays_one_of_its_own():
    first, second = ("s" * 10_000 + end for end in "ab")
    short = derive(record({"session.id": first})).session_id
    assert short is not None
    assert len(short) <= 500
    assert short.startswith("sss")
    assert short == derive(record({"session.id": first})).session_id
    assert short != derive(record({"session.id": second})).session_id


def test_a_megabyte_of_open_colour_codes_costs_no_time():
    before = time.perf_counter()
    assert derive(record({"model": "gpt-5" + "\x1b]" * 500_000})).model == "gpt-5"
    assert time.perf_counter() - before < 0.5


def test_a_silent_span_says_nothing():
    fields = derive(record())
    said = {name for name in fields.__slots__ if getattr(fields, name) not in (None, False, [], {})}
    assert said == {"kind"}
