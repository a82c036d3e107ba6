"""Agents that become one: their traffic follows, and an undo brings back what was."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from core.ids import session_key
from teams.models import Project
from tests.traces.making import NOW, a_project, send, settle, span, trace_id
from traces.agents import merging, moving, repairing
from traces.ingest import agent_ids
from traces.ingest.writer import write
from traces.models import (
    Agent,
    AgentAlias,
    AgentMerge,
    AgentMoved,
    AgentTrace,
    Session,
    Span,
    Trace,
)
from traces.receiving.pool import connection_words
from traces.settling import claim_sessions

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def unheard() -> None:
    agent_ids.forget()


def turn(trace: int, name: str, session: str | None = "s", **more: Any) -> list[Any]:
    return [
        span(1, trace=trace, agent=name, kind="AGENT", session=session, lasted_s=3, **more),
        span(2, trace=trace, parent=1, kind="LLM", tokens=(10, 2), start_s=1, lasted_s=1),
    ]


def both() -> tuple[Project, Agent, Agent]:
    """Two agents with sessions of the same and of other ids, and one trace of both."""
    project = a_project()
    send(project, *turn(1, "new", "shared"), *turn(2, "new", "own"), *turn(3, "old", "shared"))
    send(project, *turn(4, "old", "other"), *turn(5, "old", None))
    send(
        project,
        span(1, trace=6, agent="new", kind="AGENT", session="two", lasted_s=9),
        span(2, trace=6, parent=1, agent="old", kind="AGENT", start_s=2, lasted_s=3),
        span(3, trace=6, parent=2, kind="LLM", tokens=(7, 1), start_s=2, lasted_s=1),
    )
    settle()
    claim_sessions(LATER, 100)
    return project, project.agents.get(name="old"), project.agents.get(name="new")


def all_of(project: Project) -> dict[str, Any]:
    """Every row that knows an agent."""
    of = {"project_id": project.pk}
    left_out = {"search", "payload", "attributes"}
    found: dict[str, Any] = {}
    for model in (Span, Trace, AgentTrace, Session):
        names = [f.name for f in model._meta.concrete_fields if f.name not in left_out]
        names.remove("pk") if "pk" in names else None
        rows = model.objects.filter(**of).values_list(*names)
        found[model.__name__] = sorted(map(repr, rows))
    agents = Agent.objects.filter(project=project).order_by("pk")
    found["Agent"] = list(agents.values())
    return found


def test_all_traffic_of_an_agent_is_the_other_ones() -> None:
    project, old, new = both()
    merging.merge(old, new, None, LATER)
    assert [agent.pk for agent in project.agents.all()] == [new.pk]
    of = {"project_id": project.pk}
    assert set(Span.objects.filter(**of).values_list("agent_id", flat=True)) == {new.pk}
    assert set(Trace.objects.filter(**of).values_list("agent_id", flat=True)) == {new.pk}
    links = AgentTrace.objects.filter(**of)
    assert (links.count(), set(links.values_list("agent_id", flat=True))) == (6, {new.pk})
    shared = Session.objects.get(project_id=project.pk, session_id="shared")
    assert shared.key == session_key(new.pk, "shared")
    assert links.filter(session_key=shared.key).count() == 2
    assert Session.objects.filter(**of).count() == 4


def test_what_both_did_in_one_trace_is_summed_up_as_one() -> None:
    project, old, new = both()
    merging.merge(old, new, None, LATER)
    link = AgentTrace.objects.get(project_id=project.pk, trace_id=trace_id(6))
    assert (link.span_count, link.llm_count, link.input_tokens) == (3, 1, 7)
    assert link.duration_ms == 9000


def test_an_undo_brings_back_every_row_as_it_was() -> None:
    project, old, new = both()
    before = all_of(project)
    made = merging.merge(old, new, None, LATER)
    assert all_of(project) != before
    back = merging.undo(made, LATER + timedelta(hours=1))
    assert (back.pk, back.uuid) == (old.pk, old.uuid)
    assert all_of(project) == before
    assert not AgentAlias.objects.exists()


def test_a_trace_that_has_not_settled_moves_too_and_settles_there() -> None:
    project, old, new = both()
    send(project, *turn(9, "old", "fresh"), now=LATER)
    merging.merge(old, new, None, LATER)
    assert claim_sessions(LATER + timedelta(seconds=1), 100) == []
    (settled,) = settle(LATER + timedelta(hours=1))
    assert settled.agent_ids == (new.pk,)
    assert [session.agent_id for session in claim_sessions(LATER + timedelta(hours=1), 9)] == [
        new.pk
    ]


def test_traffic_that_names_a_merged_agent_lands_on_the_other_until_undone() -> None:
    project, old, new = both()
    made = merging.merge(old, new, None, LATER)
    send(project, *turn(10, "old", "later"), now=LATER + timedelta(minutes=1))
    settle(LATER + timedelta(minutes=30))
    assert [agent.name for agent in project.agents.all()] == ["new"]
    assert the_agent(project, 10) == new.pk
    merging.undo(made, LATER + timedelta(hours=1))
    send(project, *turn(11, "old", "later"), now=LATER + timedelta(hours=1))
    assert the_agent(project, 11) == old.pk
    assert sorted(agent.name for agent in project.agents.all()) == ["new", "old"]


def test_what_came_in_while_they_were_one_goes_apart_as_well() -> None:
    project, old, new = both()
    made = merging.merge(old, new, None, LATER)
    meanwhile = LATER + timedelta(minutes=1)
    send(project, *turn(10, "old", "later"), *turn(11, "new", "later"), now=meanwhile)
    settle(LATER + timedelta(minutes=30))
    merging.undo(made, LATER + timedelta(hours=1))
    assert (the_agent(project, 10), the_agent(project, 11)) == (old.pk, new.pk)
    spans = Span.objects.filter(project_id=project.pk, trace_id=trace_id(10))
    assert set(spans.values_list("agent_id", flat=True)) == {old.pk}
    sessions = Session.objects.filter(project_id=project.pk, session_id="later")
    assert {session.agent_id for session in sessions} == {old.pk, new.pk}


def test_a_writer_that_has_not_heard_of_it_is_put_right_when_its_trace_settles() -> None:
    project, old, new = both()
    send(project, *turn(10, "old", "before"))  # remembered by this process
    known = dict(agent_ids._known)
    merging.merge(old, new, None, LATER)
    agent_ids._known.update(known)
    send(project, *turn(11, "old", "after"), now=LATER)
    agent_ids._known.update(known)
    stale = next(iter(settle(LATER + timedelta(minutes=1))))
    assert stale.agent_ids == (new.pk,)
    repairing.look_after(LATER + timedelta(minutes=1))
    assert not AgentTrace.objects.filter(project_id=project.pk, agent_id=old.pk).exists()
    assert not Session.objects.filter(project_id=project.pk, agent_id=old.pk).exists()
    assert Session.objects.get(project_id=project.pk, session_id="after").agent_id == new.pk


def test_a_large_agent_follows_step_by_step_and_a_killed_worker_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moving, "BATCH", 2)
    monkeypatch.setattr(moving, "MAX_SPANS", 3)
    project, old, new = both()
    before = all_of(project)
    made = merging.merge(old, new, None, LATER, seconds=-1)
    assert made.moved_at is None
    assert AgentTrace.objects.filter(project_id=project.pk, agent_id=old.pk).exists()
    repairing.look_after(LATER + timedelta(minutes=1))
    made.refresh_from_db()
    assert made.moved_at == LATER + timedelta(minutes=1)
    assert not AgentTrace.objects.filter(project_id=project.pk, agent_id=old.pk).exists()
    merging.undo(made, LATER + timedelta(hours=1), seconds=-1)
    repairing.look_after(LATER + timedelta(hours=2))
    assert all_of(project) == before
    assert not AgentMoved.objects.exists()


def test_merges_are_undone_in_the_order_in_which_they_stand_in_each_other() -> None:
    project, old, new = both()
    third = project.agents.create(
        identity="third", name="third", first_seen_at=NOW, last_seen_at=NOW
    )
    before = all_of(project)
    first = merging.merge(old, new, None, LATER)
    second = merging.merge(new, third, None, LATER)
    assert the_agent(project, 3) == third.pk
    with pytest.raises(ValidationError) as refused:
        merging.undo(first, LATER)
    assert "third" in refused.value.message_dict["merge"][0]
    merging.undo(second, LATER)
    merging.undo(first, LATER)
    assert all_of(project) == before


def test_an_undo_is_possible_for_a_day_and_once() -> None:
    _, old, new = both()
    made = merging.merge(old, new, None, LATER)
    with pytest.raises(ValidationError, match="day"):
        merging.undo(made, LATER + timedelta(days=1, seconds=1))
    merging.undo(made, LATER + timedelta(days=1))
    with pytest.raises(ValidationError, match="already"):
        merging.undo(made, LATER + timedelta(days=1))


def test_what_an_undo_needs_is_forgotten_when_it_is_too_late() -> None:
    _, old, new = both()
    merging.merge(old, new, None, LATER)
    assert AgentMoved.objects.exists()
    repairing.look_after(LATER + timedelta(days=3))
    assert not AgentMoved.objects.exists()
    assert AgentMerge.objects.count() == 1


def test_an_agent_becomes_no_other_projects_and_not_itself() -> None:
    _, old, _ = both()
    other = a_project("other").agents.create(
        identity="x", name="x", first_seen_at=NOW, last_seen_at=NOW
    )
    for target, words in ((old, "itself"), (other, "this project")):
        with pytest.raises(ValidationError) as refused:
            merging.merge(old, target, None, LATER)
        assert words in refused.value.message_dict["into"][0]


@pytest.mark.django_db(transaction=True)
def test_the_name_that_a_merged_agents_traffic_says_is_not_the_others() -> None:
    project, old, new = both()
    merging.merge(old, new, None, LATER)
    send(project, *turn(10, "old"), now=LATER + timedelta(hours=1))
    new.refresh_from_db()
    assert (new.name, new.last_seen_at) == ("new", LATER + timedelta(hours=1))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_writers_settlers_and_merges_do_not_stop_each_other() -> None:
    project = a_project()
    send(project, *turn(1, "old"), *turn(2, "new"))
    old, new = project.agents.get(name="old"), project.agents.get(name="new")
    errors: list[BaseException] = []

    def guarded(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def writer() -> None:
        with psycopg.connect(**connection_words()) as raw:
            for number in range(10, 50):
                spans = turn(number, ("old", "new")[number % 2], f"s{number % 5}")
                write(raw, project.pk, spans, LATER)

    def settler() -> None:
        for _ in range(20):
            settle(LATER + timedelta(minutes=1), limit=5)
            with transaction.atomic():
                claim_sessions(LATER + timedelta(hours=1), 5)

    def merger() -> None:
        for _ in range(3):
            made = merging.merge(old, new, None, LATER)
            merging.undo(made, LATER + timedelta(minutes=1))
        merging.merge(old, new, None, LATER)

    threads = [
        threading.Thread(target=guarded, args=[work]) for work in (writer, writer, settler, merger)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    agent_ids.forget()
    settle(LATER + timedelta(hours=1))
    repairing.look_after(LATER + timedelta(minutes=5))
    of = {"project_id": project.pk}
    assert set(Span.objects.filter(**of).values_list("agent_id", flat=True)) == {new.pk}
    links = AgentTrace.objects.filter(**of)
    assert (links.count(), set(links.values_list("agent_id", flat=True))) == (42, {new.pk})
    sessions = Session.objects.filter(**of)
    assert set(sessions.values_list("agent_id", flat=True)) == {new.pk}
    assert {session.session_id for session in sessions} == {"s", *(f"s{n}" for n in range(5))}


def the_agent(project: Project, trace: int) -> int | None:
    (link,) = AgentTrace.objects.filter(project_id=project.pk, trace_id=trace_id(trace))
    assert (
        Trace.objects.get(project_id=project.pk, trace_id=trace_id(trace)).agent_id == link.agent_id
    )
    return link.agent_id
