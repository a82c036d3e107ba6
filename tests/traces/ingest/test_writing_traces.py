"""A trace's row says what its spans say together, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from teams.models import Project
from tests.traces.making import NOW, a_project, send, settle, span, the_trace, trace_id
from traces.models import AgentTrace, Session, Span
from traces.records import SpanRecord

pytestmark = pytest.mark.django_db


def a_turn() -> list[SpanRecord]:
    return [
        span(1, agent="support", session="s1", user="ada", kind="AGENT", lasted_s=9,
             attributes={"input.value": "Where is my bag?", "output.value": "In Rome."}),
        span(2, parent=1, kind="LLM", tokens=(100, 10), start_s=1),
        span(3, parent=1, kind="TOOL", start_s=2, status_code=2),
        span(4, parent=1, kind="LLM", tokens=(200, 20), start_s=3),
    ]  # fmt: skip


def facts(project: Project) -> dict[str, object]:
    trace = the_trace(project)
    return {
        name: getattr(trace, name)
        for name in (
            "start_time", "end_time", "name", "is_error", "error_count", "span_count",
            "llm_count", "tool_count", "input_tokens", "output_tokens", "agent_id", "session_id",
            "user_id", "root_span_id", "root_ended", "input_preview", "output_preview", "name_rank",
        )
    }  # fmt: skip


def test_a_whole_trace_is_summed_up() -> None:
    project = a_project()
    send(project, *a_turn())
    trace = the_trace(project)
    assert (trace.name, trace.is_error, trace.error_count) == ("span 1", False, 1)
    assert (trace.span_count, trace.llm_count, trace.tool_count) == (4, 2, 1)
    assert (trace.input_tokens, trace.output_tokens) == (300, 30)
    assert (trace.session_id, trace.user_id) == ("s1", "ada")
    assert (trace.input_preview, trace.output_preview) == ("Where is my bag?", "In Rome.")
    assert trace.due_at == NOW + timedelta(seconds=10)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_order_of_arrival_does_not_matter_once_settled(order: tuple[int, ...]) -> None:
    whole, pieces = a_project("whole"), a_project("pieces")
    send(whole, *a_turn())
    for place in order:
        send(pieces, a_turn()[place])
    before_settling = facts(pieces) | {"agent_id": None}
    assert before_settling == facts(whole) | {"agent_id": None}
    settle()
    agents = {project: project.agents.get().pk for project in (whole, pieces)}
    for project, agent in agents.items():
        assert facts(project)["agent_id"] == agent
        spans = Span.objects.filter(project_id=project.pk)
        assert set(spans.values_list("agent_id", "session_id", "user_id")) == {(agent, "s1", "ada")}
        assert Session.objects.get(project_id=project.pk).session_id == "s1"


def test_a_trace_without_a_root_waits_longer() -> None:
    project = a_project()
    send(project, span(2, parent=1))
    assert the_trace(project).due_at == NOW + timedelta(seconds=120)


def test_a_late_root_names_the_trace_and_shortens_the_wait() -> None:
    project = a_project()
    send(project, span(2, parent=1, status_code=2))
    assert the_trace(project).is_error
    later = NOW + timedelta(seconds=5)
    send(project, span(1, agent="support", session="s1"), now=later)
    trace = the_trace(project)
    assert (trace.name, trace.root_span_id, trace.is_error) == ("span 1", 1, False)
    assert trace.due_at == later + timedelta(seconds=10)
    assert AgentTrace.objects.get(project_id=project.pk).session_id == "s1"


def test_a_new_span_unsettles_a_trace() -> None:
    project = a_project()
    send(project, span(1, agent="support", session="s1"))
    assert [trace.revision for trace in settle()] == [1]
    later = NOW + timedelta(hours=2)
    send(project, span(2, parent=1), now=later)
    trace = the_trace(project)
    assert trace.settled_at is None
    assert trace.due_at == later + timedelta(seconds=10)
    assert [trace.revision for trace in settle(later + timedelta(minutes=1))] == [2]


def test_a_session_that_comes_late_is_the_whole_traces() -> None:
    project = a_project()
    send(project, span(2, parent=1, agent="support"))
    assert not Session.objects.filter(project_id=project.pk).exists()
    send(project, span(1, session="s1"))
    link = AgentTrace.objects.get(project_id=project.pk)
    session = Session.objects.get(project_id=project.pk)
    assert (link.session_id, link.session_key) == ("s1", session.key)
    assert session.agent_id == link.agent_id


def test_the_roots_session_beats_that_of_a_child() -> None:
    project = a_project()
    send(project, span(2, parent=1, agent="support", session="inner"))
    send(project, span(1, session="outer"))
    assert the_trace(project).session_id == "outer"
    assert AgentTrace.objects.get(project_id=project.pk).session_id == "outer"


def test_spans_take_the_agent_of_their_nearest_ancestor() -> None:
    project = a_project()
    send(
        project,
        span(1, agent="planner", kind="AGENT"),
        span(2, parent=1, agent="searcher", kind="AGENT"),
        span(3, parent=2, kind="LLM"),
        span(4, parent=1, kind="LLM"),
    )
    names: dict[int | None, str] = {agent.pk: agent.name for agent in project.agents.all()}
    found = {s.span_id: names[s.agent_id] for s in Span.objects.filter(project_id=project.pk)}
    assert found == {1: "planner", 2: "searcher", 3: "searcher", 4: "planner"}
    assert AgentTrace.objects.filter(trace_id=trace_id(1)).count() == 2


def test_tokens_of_an_outer_model_call_are_not_counted_twice() -> None:
    project = a_project()
    send(
        project,
        span(1, kind="LLM", tokens=(100, 10)),
        span(2, parent=1, kind="CHAIN"),
        span(3, parent=2, kind="LLM", tokens=(100, 10)),
    )
    assert the_trace(project).input_tokens == 100


def test_a_trace_of_our_own_judge_never_settles() -> None:
    project = a_project()
    send(project, span(1, kind="LLM", resource={"service.name": "signals-judge"}))
    assert the_trace(project).due_at is None
    assert settle() == []


def test_the_projects_own_idle_time_counts() -> None:
    project = a_project()
    project.session_idle_s = 30
    send(project, span(1, agent="support", session="s1"))
    session = Session.objects.get(project_id=project.pk)
    assert session.due_at == NOW + timedelta(seconds=30)
    assert session.last_received_at == NOW
