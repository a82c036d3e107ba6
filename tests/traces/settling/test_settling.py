"""A trace that lies still is claimed once, and knows by then what only the whole tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.test import override_settings

from tests.traces.making import (
    NOW,
    a_project,
    raw_connection,
    send,
    settle,
    span,
    the_trace,
    trace_id,
)
from traces.models import AgentTrace, Session, Span, Trace
from traces.settling import SettledSession, claim_sessions, claim_traces, model_calls

pytestmark = pytest.mark.django_db


def test_a_trace_is_claimed_when_it_is_due_and_not_again() -> None:
    project = a_project()
    send(project, span(1, agent="support"))
    assert settle(NOW + timedelta(seconds=9)) == []
    (settled,) = settle(NOW + timedelta(seconds=10))
    agent = project.agents.get()
    assert (settled.project_id, settled.trace_id) == (project.pk, trace_id(1))
    assert (settled.revision, settled.agent_ids) == (1, (agent.pk,))
    assert settled.start_time == NOW - timedelta(seconds=60)
    assert not settled.is_judge_only
    assert settle(NOW + timedelta(days=1)) == []
    assert the_trace(project).settled_at == NOW + timedelta(seconds=10)


def test_the_service_name_stands_in_where_no_span_names_an_agent() -> None:
    project = a_project()
    send(project, span(1, kind="LLM", session="s1", resource={"service.name": "shop"}))
    settle()
    agent = project.agents.get()
    assert agent.name == "shop"
    assert Span.objects.get(project_id=project.pk).agent_id == agent.pk
    assert Session.objects.get(project_id=project.pk).agent_id == agent.pk
    assert the_trace(project).agent_id == agent.pk


def test_traffic_that_names_nobody_belongs_to_an_unknown_service() -> None:
    project = a_project()
    send(project, span(1, kind="LLM"))
    settle()
    assert project.agents.get().name == "unknown_service"


@override_settings(AGENT_FROM_SERVICE_NAME=False)
def test_the_service_name_can_be_left_out_of_it() -> None:
    project = a_project()
    send(project, span(1, resource={"service.name": "shop"}))
    assert [trace.agent_ids for trace in settle()] == [()]
    assert not project.agents.exists()


def test_each_agents_part_is_measured_on_its_own_spans() -> None:
    project = a_project()
    send(project, span(3, parent=2, kind="LLM", tokens=(100, 10), start_s=2, lasted_s=1))
    send(project, span(4, parent=1, kind="LLM", tokens=(7, 3), start_s=5, lasted_s=1))
    send(project, span(2, parent=1, agent="searcher", start_s=1, lasted_s=3, status_code=2))
    send(project, span(1, agent="planner", lasted_s=10))
    settle()
    parts = {
        agent.name: AgentTrace.objects.get(project_id=project.pk, agent_id=agent.pk)
        for agent in project.agents.all()
    }
    assert parts["searcher"].input_tokens == 100
    assert parts["searcher"].duration_ms == 3000
    assert (parts["searcher"].is_error, parts["planner"].is_error) == (True, False)
    assert (parts["planner"].input_tokens, parts["planner"].llm_count) == (7, 1)
    assert parts["planner"].duration_ms == 10_000
    assert parts["planner"].span_count == parts["searcher"].span_count == 2


def test_a_trace_whose_root_never_came_is_named_by_its_agent_span() -> None:
    project = a_project()
    send(project, span(3, parent=2, kind="LLM", start_s=0))
    send(project, span(2, parent=1, kind="AGENT", agent="support", start_s=1))
    settle()
    trace = the_trace(project)
    assert (trace.name, trace.root_span_id) == ("span 2", None)


def test_words_of_question_and_answer_can_be_searched() -> None:
    project = a_project()
    send(project, span(2, parent=1, kind="LLM", attributes={"input.value": "lost Luggage"}))
    send(project, span(1, attributes={"output.value": "it is in Rome"}))
    settle()
    mine = Trace.objects.of_project(project.pk)
    assert mine.saying("luggage rome").count() == 1
    assert mine.saying("paris").count() == 0
    assert the_trace(project).input_preview == "lost Luggage"


def test_a_claim_is_undone_with_its_transaction() -> None:
    project = a_project()
    send(project, span(1, agent="support"))
    with transaction.atomic():
        assert len(claim_traces(NOW + timedelta(hours=1), 10)) == 1
        transaction.set_rollback(True)
    assert [trace.revision for trace in settle()] == [1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_trace() -> None:
    project = a_project()
    for number in range(1, 7):
        send(project, span(1, trace=number, agent="support"))
    taken = "SELECT trace_id FROM trace ORDER BY due_at LIMIT 4 FOR UPDATE SKIP LOCKED"
    with psycopg.connect(**connection_words()) as other:
        theirs = {row[0] for row in other.execute(taken)}
        mine = {each.trace_id for each in settle()}
    assert (len(theirs), len(mine)) == (4, 2)
    assert theirs.isdisjoint(mine)


def connection_words() -> dict[str, Any]:
    info = raw_connection().info
    return {"dbname": info.dbname, "user": info.user, "host": info.host, "port": info.port}


def test_a_trace_whose_spans_are_gone_does_not_come_back() -> None:
    project = a_project()
    send(project, span(1, agent="support"))
    Span.objects.filter(project_id=project.pk).delete()
    assert settle() == []
    assert the_trace(project).due_at is None


def test_a_session_is_claimed_when_it_has_been_idle() -> None:
    project = a_project()
    send(project, span(1, agent="support", session="s1"))
    settle(NOW + timedelta(minutes=1))
    assert claim(NOW + timedelta(minutes=9)) == []
    (settled,) = claim(NOW + timedelta(minutes=10))
    session = Session.objects.get(project_id=project.pk)
    assert (settled.key, settled.revision) == (session.key, 1)
    assert settled.agent_id == project.agents.get().pk
    later = NOW + timedelta(hours=1)
    send(project, span(1, trace=2, agent="support", session="s1"), now=later)
    assert [each.revision for each in claim(later + timedelta(minutes=11))] == [2]


def claim(now: datetime) -> list[SettledSession]:
    with transaction.atomic():
        return claim_sessions(now, 100)


def test_a_session_that_lost_its_only_trace_to_another_goes() -> None:
    project = a_project()
    send(project, span(2, parent=1, agent="support", session="inner"))
    send(project, span(1, session="outer"))
    assert Session.objects.filter(project_id=project.pk).count() == 2
    claimed = claim(NOW + timedelta(days=1))
    assert len(claimed) == 1
    assert Session.objects.get(project_id=project.pk).session_id == "outer"


def test_settling_does_not_push_a_session_back() -> None:
    project = a_project()
    send(project, span(1, agent="support", session="s1"))
    claim(NOW + timedelta(minutes=10))
    settle(NOW + timedelta(minutes=11))
    assert claim(NOW + timedelta(days=1)) == []


def test_model_calls_are_those_of_agents_and_not_of_our_judge() -> None:
    project = a_project()
    judge = {"service.name": "signals-judge"}
    send(
        project,
        span(1, agent="support"),
        span(2, parent=1, kind="LLM"),
        span(3, parent=1, kind="TOOL"),
        span(4, parent=1, kind="LLM", resource=judge),
    )
    settle()
    calls = model_calls(project.pk, [trace_id(1)])
    assert [(call.span_id, call.agent_id) for call in calls] == [(2, project.agents.get().pk)]


def test_five_hundred_traces_settle_with_a_fixed_number_of_queries(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    project = a_project()
    send(project, *(span(1, trace=n, agent="support", session=f"s{n % 9}") for n in range(1, 501)))
    with django_assert_max_num_queries(10):
        assert len(settle(limit=500)) == 500
