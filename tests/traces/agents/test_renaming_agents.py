"""A name that a person gives to an agent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.traces.making import NOW, a_project, send, span
from traces.agents import renaming
from traces.ingest import agent_ids
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db: None) -> Agent:
    agent_ids.forget()
    project = a_project()
    send(project, span(1, agent="refund_lc"))
    return Agent.objects.get(project=project)


def heard(agent: Agent, name: str, trace: int) -> Agent:
    agent_ids.forget()
    said = {"agent.id": agent.identity} if agent.identity != name else {}
    at = NOW + timedelta(minutes=trace)
    send(agent.project, span(1, trace=trace, agent=name, attributes=said), now=at)
    agent.refresh_from_db()
    return agent


@pytest.mark.django_db(transaction=True)
def test_traffic_still_lands_on_a_renamed_agent_and_does_not_rename_it(agent: Agent) -> None:
    renaming.rename(agent, "  Refunds ", NOW)
    assert heard(agent, "refund_lc", 2).name == "Refunds"
    assert agent.last_seen_at == NOW + timedelta(minutes=2)
    assert agent.project.agents.get() == agent


def test_the_name_before_comes_back(agent: Agent) -> None:
    renaming.rename(agent, "Refunds", NOW)
    assert renaming.can_undo(agent, NOW + timedelta(days=1))
    renaming.undo(agent, NOW + timedelta(hours=1))
    assert agent.name == "refund_lc"
    assert not agent.is_renamed
    with pytest.raises(ValidationError):
        renaming.undo(agent, NOW + timedelta(hours=1))


def test_a_day_later_it_does_not(agent: Agent) -> None:
    renaming.rename(agent, "Refunds", NOW)
    with pytest.raises(ValidationError) as refused:
        renaming.undo(agent, NOW + timedelta(days=1, seconds=1))
    assert list(refused.value.message_dict) == ["name"]


def test_the_name_that_traffic_says_is_renewed_by_traffic_again(agent: Agent) -> None:
    renaming.rename(agent, "Refunds", NOW)
    renaming.rename(agent, "refund_lc", NOW)
    assert not agent.is_renamed


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_has_letters_and_an_end(agent: Agent, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        renaming.rename(agent, name, NOW)
    assert list(refused.value.message_dict) == ["name"]
