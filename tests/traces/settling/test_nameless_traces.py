"""Whose a trace is in which no attribute names an agent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from core.time_range.unix_time import moment_of
from tests.traces.making import a_project, send, settle, span
from tests.traces.otlp_requests import decode_json
from traces.models import AgentTrace, Session, Span
from traces.settling.nameless import doubles, stand_in

CASES = Path(__file__).parents[2] / "data" / "client-cases"


@dataclass
class A:
    name: str
    kind: str = "agent"
    parent: int | None = None
    span_id: int = 1
    start_us: int = 1
    is_judge: bool = False


NOBODY = [
    pytest.param([A("refund.run")], "shop", "refund", id="an agent's span goes before the service"),
    pytest.param([A("CodeAgent.run")], "shop", "shop", id="a service goes before a class"),
    pytest.param(
        [A("CodeAgent.run")], "unknown_service:python", "CodeAgent", id="a class before no name"
    ),
    pytest.param([A("FunctionAgent.run", "chain")], None, "FunctionAgent", id="the root's class"),
    pytest.param(
        [A("main", "other"), A("CodeAgent.run", "chain", 1, 2, 2)], None, "unknown_service",
        id="the class of a step below is not the trace's",
    ),
    pytest.param([A("LangGraph")], "shop", "shop", id="a framework's word is no name"),
    pytest.param([A("GET /", "other")], "unknown_service", "unknown_service", id="nothing better"),
    pytest.param([A("refund", "chain")], "shop", "shop", id="a step is no agent"),
    pytest.param([A("judge", is_judge=True)], "shop", "shop", id="our own judge is no agent"),
    pytest.param([A("x.run"), A("y.run", span_id=2, parent=1)], "shop", {"x", "y"}, id="two"),
]  # fmt: skip


@pytest.mark.parametrize(("spans", "service", "names"), NOBODY)
def test_a_trace_that_says_nothing_is_named_by(spans: list[Any], service: str, names: Any) -> None:
    wanted = names if isinstance(names, set) else {names}
    assert stand_in(spans, service, by_service=True).names == wanted


DOUBLES = [
    pytest.param({1: ("R", "R"), 2: ("r-eu", "R")}, {1: 2}, id="a name beside its id"),
    pytest.param({1: ("R", "R"), 2: ("r-eu", "R"), 3: ("r-us", "R")}, {}, id="beside two ids"),
    pytest.param({1: ("R", "R"), 2: ("S", "S")}, {}, id="two names"),
    pytest.param({1: ("R", "R renamed"), 2: ("r-eu", "R")}, {}, id="a name that is no longer said"),
    pytest.param({2: ("r-eu", "R"), 3: ("r-us", "R")}, {}, id="two ids of one name"),
]


@pytest.mark.parametrize(("named", "expected"), DOUBLES)
def test_an_agent_of_a_trace_that_is_another_one(named: Any, expected: dict[int, int]) -> None:
    assert doubles(named) == expected


@pytest.mark.django_db
def test_the_agents_of_clients_that_name_none_by_attribute() -> None:
    project = a_project()
    records = decode_json(json.loads((CASES / "C_agent_not_named.json").read_text())).spans
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    send(project, *records, now=now)
    settle(now + timedelta(hours=1))
    wanted = {"refund-agent-lf", "refund_smol", "Refund agent", "refund_lg"}
    assert set(project.agents.values_list("name", flat=True)) == wanted
    sessions = Session.objects.filter(project_id=project.pk)
    assert sorted(sessions.values_list("session_id", flat=True)) == [
        "caseC-Refund agent._execute_core",
        "caseC-refund-agent-lf",
        "caseC-refund_lg",
        "caseC-refund_smol.run",
    ]


@pytest.mark.django_db
def test_each_span_below_has_the_agent_whose_span_it_is_in() -> None:
    project = a_project()
    send(
        project,
        span(1, kind="CHAIN", resource={"service.name": "shop"}),
        span(2, parent=1, kind="AGENT", name="planner.run"),
        span(3, parent=2, kind="LLM", tokens=(10, 1)),
        span(4, parent=2, kind="AGENT", name="invoke_agent searcher"),
        span(5, parent=4, kind="LLM", tokens=(5, 2)),
    )
    (settled,) = settle()
    names = {agent.pk: agent.name for agent in project.agents.all()}
    found = dict(Span.objects.filter(project_id=project.pk).values_list("span_id", "agent_id"))
    assert {number: names.get(pk or 0) for number, pk in found.items()} == {
        1: None, 2: "planner", 3: "planner", 4: "searcher", 5: "searcher",
    }  # fmt: skip
    parts = AgentTrace.objects.filter(project_id=project.pk)
    assert {names[part.agent_id]: part.input_tokens for part in parts} == {
        "planner": 10,
        "searcher": 5,
    }
    assert set(settled.agent_ids) == set(names)


@pytest.mark.django_db
def test_a_stated_name_goes_before_the_name_of_the_span_around_it() -> None:
    project = a_project()
    send(project, span(1, kind="AGENT", name="Refund workflow"))
    send(project, span(2, parent=1, kind="AGENT", agent="Refund agent"))
    settle()
    assert [agent.name for agent in project.agents.all()] == ["Refund agent"]


@pytest.mark.django_db
@override_settings(AGENT_FROM_SERVICE_NAME=False)
def test_a_span_names_its_agent_also_where_the_service_may_not() -> None:
    project = a_project()
    send(project, span(1, kind="AGENT", name="refund.run", resource={"service.name": "shop"}))
    send(project, span(1, trace=2, kind="LLM", resource={"service.name": "shop"}))
    settle()
    assert [agent.name for agent in project.agents.all()] == ["refund"]
