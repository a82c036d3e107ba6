"""Which agents there are, by the ids and names that traffic says over time."""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from core.time_range.unix_time import moment_of
from teams.models import Project
from tests.traces.making import NOW, a_project, send, settle, span
from tests.traces.otlp_requests import decode_json
from traces.ingest import agent_ids
from traces.ingest.writer import write
from traces.models import Agent, AgentAlias, AgentTrace, Session, Span
from traces.receiving.pool import connection_words
from traces.records import SpanRecord

CASES = Path(__file__).parents[2] / "data" / "client-cases"

pytestmark = pytest.mark.django_db


def run(
    trace: int, name: str | None, agent_id: str | None, session: str = "s"
) -> tuple[SpanRecord, SpanRecord]:
    """A turn as Traceloop sends it: the name on the root, name and id on the span below."""
    kind = "AGENT" if name else "CHAIN"
    said = {"gen_ai.agent.id": agent_id} if agent_id else {}
    return (
        span(1, trace=trace, agent=name, kind=kind, session=session),
        span(2, trace=trace, parent=1, agent=name, kind=kind, attributes=dict(said)),
    )


def names_of(project: Project) -> list[tuple[str, str]]:
    return sorted(project.agents.values_list("identity", "name"))


def test_an_id_that_is_new_for_every_run_is_no_identity() -> None:
    project = a_project()
    records = decode_json(json.loads((CASES / "A_agent_id_per_run.json").read_text())).spans
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    send(project, *records, now=now)
    settle(now + timedelta(hours=1))
    assert names_of(project) == [("refund_lc", "refund_lc")]
    session = Session.objects.get(project_id=project.pk)
    assert session.session_id == "caseA"
    turns = AgentTrace.objects.filter(project_id=project.pk, session_key=session.key)
    assert turns.count() == 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_the_order_in_which_spans_arrive_makes_no_other_agents(order: tuple[int, ...]) -> None:
    project = a_project()
    spans = [*run(1, "refund", str(uuid.uuid4())), *run(2, "refund", str(uuid.uuid4()))]
    for at in order:
        agent_ids.forget()
        send(project, spans[at])
    settle()
    assert names_of(project) == [("refund", "refund")]
    assert Session.objects.filter(project_id=project.pk).count() == 1


def test_hundreds_of_runs_are_one_agent_and_few_of_their_ids_are_kept() -> None:
    project = a_project()
    for batch in range(6):
        spans = [each for n in range(50) for each in run(batch * 50 + n, "r", str(uuid.uuid4()))]
        send(project, *spans)
    assert names_of(project) == [("r", "r")]
    assert AgentAlias.objects.filter(project=project).count() < 2 * agent_ids.MAX_DRAWN


def test_two_agents_with_chosen_ids_may_bear_one_name() -> None:
    project = a_project()
    for number, chosen in enumerate(("refund-eu", "refund-us", "refund-eu"), start=1):
        send(project, *run(number, "Refund", chosen, session=chosen))
    settle()
    assert names_of(project) == [("refund-eu", "Refund"), ("refund-us", "Refund")]
    assert Session.objects.filter(project_id=project.pk).count() == 2


def test_a_name_that_is_heard_before_its_chosen_id_is_joined_to_it() -> None:
    """A batch is cut wherever it is full: the name alone may come first."""
    project = a_project()
    for number, chosen in enumerate(("refund-eu", "refund-us"), start=1):
        for each in run(number, "Refund", chosen, session="s"):
            agent_ids.forget()
            send(project, each)
    settled = settle()
    shown = {agent.identity: agent.pk for agent in Agent.objects.of_project(project.pk)}
    assert set(shown) == {"refund-eu", "refund-us"}
    assert [each.agent_ids for each in sorted(settled, key=lambda one: one.trace_id)] == [
        (shown["refund-eu"],),
        (shown["refund-us"],),
    ]
    spans = Span.objects.filter(project_id=project.pk)
    assert set(spans.values_list("agent_id", flat=True)) == set(shown.values())
    links = AgentTrace.objects.filter(project_id=project.pk)
    assert sorted(links.values_list("agent_id", flat=True)) == sorted(shown.values())


def test_an_agent_with_one_drawn_id_stays_itself_when_its_name_changes() -> None:
    project, drawn = a_project(), str(uuid.uuid4())
    send(project, *run(1, "Refund", drawn))
    agent_ids.forget()
    send(project, *run(2, "Refund bot", drawn), now=NOW + timedelta(minutes=1))
    agent_ids.forget()
    root, below = run(3, "Refund bot", drawn)
    send(project, root, now=NOW + timedelta(minutes=2))
    send(project, below, now=NOW + timedelta(minutes=2))
    assert project.agents.count() == 1
    agent = project.agents.get()
    assert AgentTrace.objects.filter(project_id=project.pk, agent_id=agent.pk).count() == 3


def test_two_agents_of_one_run_that_share_its_id_are_two() -> None:
    project, drawn = a_project(), str(uuid.uuid4())
    said = {"gen_ai.agent.id": drawn}
    send(project, span(2, parent=1, agent="researcher", attributes=said))
    send(project, span(1, agent="supervisor", attributes=said))
    assert [name for _, name in names_of(project)] == ["researcher", "supervisor"]


def test_an_id_without_a_name_is_an_agent_as_long_as_nothing_else_names_one() -> None:
    project, drawn = a_project(), str(uuid.uuid4())
    send(project, *run(1, None, drawn), *run(2, None, drawn))
    assert names_of(project) == [(drawn, drawn)]
    send(project, span(1, trace=3, agent="planner"))
    send(project, span(1, trace=4, agent="planner"), *run(4, None, str(uuid.uuid4()))[1:])
    assert [name for _, name in names_of(project)] == [drawn, "planner"]


def test_an_agent_that_stands_under_a_drawn_id_keeps_its_traffic() -> None:
    """As versions before this one made them."""
    project, drawn = a_project(), str(uuid.uuid4())
    old = project.agents.create(identity=drawn, name="Refund", first_seen_at=NOW, last_seen_at=NOW)
    send(project, *run(1, "Refund", drawn))
    send(project, span(1, trace=2, agent="Refund"))
    assert [agent.pk for agent in project.agents.all()] == [old.pk]


@pytest.mark.django_db(transaction=True)
def test_processes_that_hear_of_an_agent_at_once_make_one() -> None:
    project = a_project()
    start, errors = threading.Barrier(4), []

    def sender(number: int) -> None:
        try:
            with psycopg.connect(**connection_words()) as raw:
                for turn in range(5):
                    start.wait()
                    agent_ids.forget()
                    spans = run(number * 100 + turn + 1, "refund", str(uuid.uuid4()), "s")
                    write(raw, project.pk, spans, NOW)
        except BaseException as error:
            errors.append(error)
            start.abort()

    threads = [threading.Thread(target=sender, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert names_of(project) == [("refund", "refund")]
    assert AgentTrace.objects.filter(project_id=project.pk).count() == 20


@pytest.mark.django_db(transaction=True)
def test_traffic_of_an_agent_that_was_deleted_makes_it_again_in_the_same_request() -> None:
    project = a_project()
    with psycopg.connect(**connection_words()) as connection:
        agent_ids.forget()
        write(connection, project.pk, run(1, "support", None), NOW)
        write(connection, project.pk, run(2, "support", None), NOW)  # remembered by this process
        deleted = Agent.objects.get(project=project).pk
        Agent.objects.filter(pk=deleted).delete()
        write(connection, project.pk, run(3, "support", None), NOW)
        write(connection, project.pk, run(4, "support", None), NOW)
    agent = Agent.objects.get(project=project)
    assert agent.pk != deleted
    later = AgentTrace.objects.filter(project_id=project.pk, agent_id=agent.pk)
    assert later.count() == 2
    assert Span.objects.filter(project_id=project.pk, agent_id=agent.pk).count() == 4
