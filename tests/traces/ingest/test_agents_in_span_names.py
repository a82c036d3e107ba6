"""What the name of an agent's span says of the agent."""

from __future__ import annotations

import time

import pytest

from traces.conventions.span_names import SpanName, agent_in

NAMED = [
    ("refund-agent-lf", "refund-agent-lf"),
    ("refund_smol.run", "refund_smol"),
    ("Refund agent._execute_core", "Refund agent"),
    ("invoke_agent refund_adk", "refund_adk"),
    ("invoke_agent [any_agent_2]", "any_agent_2"),
    ("agent_run [hello_agent]", "hello_agent"),
    ("create_agent Planner", "Planner"),
    ("qa_agent run", "qa_agent"),
    ("refund_lc.workflow", "refund_lc"),
    ("Refund_Agent.arun", "Refund_Agent"),
    ("Kundendienst", "Kundendienst"),
    ("shop.refund.run", "shop.refund"),
    ("Refund workflow", "Refund workflow"),
]
CLASSES = [
    ("CodeAgent.run", "CodeAgent"),
    ("ToolCallingAgent.run", "ToolCallingAgent"),
    ("FunctionAgent.run", "FunctionAgent"),
    ("AgentExecutor", "AgentExecutor"),
    ("AgentRunner.chat", "AgentRunner"),
]
NOISE = [
    "", " ", "invoke_agent", "agent run", "Agent workflow", "agent", "Agent.run", "LangGraph",
    "Crew_7d4f2f1e-9a70-4b5e-8f6a-0d4be8b4c1a2.kickoff", "RunnableSequence",
    "RunnableParallel<agent_scratchpad>", "OpenAIToolsAgentOutputParser", "POST /chat", "/v1/chat",
    "7d4f2f1e-9a70-4b5e-8f6a-0d4be8b4c1a2", "invoke_agent 7d4f2f1e9a704b5e8f6a0d4be8b4c1a2", "main",
]  # fmt: skip


@pytest.mark.parametrize(("span", "name"), NAMED)
def test_a_span_bears_the_name_of_its_agent(span: str, name: str) -> None:
    assert agent_in(span) == SpanName(name, is_class=False)


@pytest.mark.parametrize(("span", "name"), CLASSES)
def test_the_class_of_a_framework_is_told_from_a_name(span: str, name: str) -> None:
    assert agent_in(span) == SpanName(name, is_class=True)


@pytest.mark.parametrize("span", NOISE)
def test_a_word_of_the_framework_is_no_name(span: str) -> None:
    assert agent_in(span) is None


@pytest.mark.parametrize("span", [".run" * 250_000, " run" * 250_000, "agent " * 200_000])
def test_a_megabyte_costs_no_time(span: str) -> None:
    before = time.perf_counter()
    agent_in(span)
    assert time.perf_counter() - before < 0.1
