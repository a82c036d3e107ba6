"""Agents that stand under ids which are none become one by themselves; others stay."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from tests.traces.making import NOW, a_project, send, settle, span
from traces.agents import merging, repairing
from traces.agents.deciding import Fold, Seen, fold
from traces.ingest import agent_ids
from traces.models import AgentAlias, AgentTrace, Session

DAY = timedelta(days=1)
U = [f"01a21aaf-6da8-7389-83d2-0938e0c6f{n:03}" for n in range(10)]


def seen(pk: int, identity: str, runs: int = 1, days: int = 0, service: str = "shop") -> Seen:
    return Seen(pk, identity, runs, NOW + pk * timedelta(seconds=1), NOW + days * DAY, service)


GROUPS = [
    pytest.param([seen(1, "R"), seen(2, U[0]), seen(3, U[1])], Fold(1, (2, 3)), id="to the name"),
    pytest.param([seen(1, "R"), seen(2, U[0])], Fold(1, (2,)), id="one id and the name"),
    pytest.param([seen(2, U[0]), seen(3, U[1])], Fold(None, (2, 3)), id="two ids, no name"),
    pytest.param([seen(2, U[0])], None, id="a single id may stay"),
    pytest.param(
        [seen(1, "R"), seen(2, U[0], 900, 30), seen(3, U[1])], Fold(1, (3,)), id="an id that stayed"
    ),
    pytest.param([seen(1, "refund-eu"), seen(2, "refund-us")], None, id="chosen ids stay two"),
    pytest.param(
        [seen(1, "R"), seen(2, "refund-eu"), seen(3, "refund-us")], None, id="also beside the name"
    ),
    pytest.param([seen(n, f"run-{n}") for n in range(8)], Fold(None, (*range(8),)), id="counted"),
    pytest.param([seen(n, f"shop-{n}", 9) for n in range(8)], None, id="numbered agents with runs"),
    pytest.param([seen(n, f"run-{n}") for n in range(7)], None, id="too few to tell"),
    pytest.param(
        [seen(n, f"run-{n}", service=f"s{n}") for n in range(8)], None, id="of eight services"
    ),
    pytest.param(
        [seen(n, f"refund-{c}") for n, c in enumerate("abcdefgh")], None, id="eight regions"
    ),
]


@pytest.mark.parametrize(("agents", "expected"), GROUPS)
def test_what_of_one_name_is_one_agent(agents: list[Seen], expected: Fold | None) -> None:
    assert fold("R", agents) == expected


@pytest.mark.django_db
def test_agents_made_of_run_ids_become_the_one_that_bears_their_name() -> None:
    """As the version before this one left them: eight turns, nine agents."""
    agent_ids.forget()
    project = a_project()
    for number in range(1, 9):
        drawn = str(uuid.uuid4())
        project.agents.create(identity=drawn, name="refund_lc", first_seen_at=NOW, last_seen_at=NOW)
        said = {"gen_ai.agent.id": drawn}
        send(
            project,
            span(
                1, trace=number, agent="refund_lc", kind="AGENT", session="caseA", attributes=said
            ),
        )
    project.agents.create(
        identity="refund_lc", name="refund_lc", first_seen_at=NOW, last_seen_at=NOW
    )
    settle()
    assert Session.objects.filter(project_id=project.pk).count() == 8
    repairing.look_after(NOW + DAY)
    agent = project.agents.get()
    assert agent.identity == "refund_lc"
    session = Session.objects.get(project_id=project.pk)
    turns = AgentTrace.objects.filter(project_id=project.pk, session_key=session.key)
    assert set(turns.values_list("agent_id", flat=True)) == {agent.pk}
    assert turns.count() == 8


@pytest.mark.django_db
def test_where_nobody_bears_the_name_alone_the_first_does() -> None:
    agent_ids.forget()
    project = a_project()
    first, second = (
        project.agents.create(identity=drawn, name="R", first_seen_at=NOW, last_seen_at=NOW)
        for drawn in U[:2]
    )
    repairing.look_after(NOW + DAY)
    agent = project.agents.get()
    assert (agent.pk, agent.identity) == (first.pk, "R")
    assert set(AgentAlias.objects.values_list("identity", flat=True)) == set(U[:2])
    send(project, span(1, agent="R", attributes={"agent.id": U[1]}))
    send(project, span(1, trace=2, agent="R"))
    assert project.agents.get().pk == first.pk
    assert second.pk != first.pk


@pytest.mark.django_db
def test_what_a_person_took_apart_stays_apart() -> None:
    project = a_project()
    for identity in ("R", U[0]):
        project.agents.create(identity=identity, name="R", first_seen_at=NOW, last_seen_at=NOW)
    repairing.look_after(NOW)
    named = project.agents.get()
    (made,) = merging.undoable(named, NOW)
    merging.undo(made, NOW + timedelta(hours=1))
    repairing.look_after(NOW + timedelta(hours=2))
    assert project.agents.count() == 2
