"""A signal made by the verb that every door calls, with all that the form would refuse."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from signals_app.definition import creation, versions
from signals_app.models import Signal
from teams.models import Project, Team
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Agent:
    project = Project.objects.create(team=Team.objects.create(name="A"), name="Shop")
    return Agent.objects.create(
        project=project,
        identity="bot",
        name="bot",
        first_seen_at=timezone.now(),
        last_seen_at=timezone.now(),
    )


def create(agent: Agent, **changed: Any) -> Signal:
    values: dict[str, Any] = {
        "project": agent.project,
        "agent": agent,
        "name": "Anger",
        "scope": "trace",
        "type": "binary",
        "prompt": "Is the user angry?",
        "labels": versions.binary_labels("negative"),
        "sample_rate": 0.5,
        "now": timezone.now(),
    }
    return creation.create(**values | changed)


def test_it_judges_from_the_moment_on_or_stays_a_draft(agent: Agent) -> None:
    active, draft = create(agent), create(agent, name="Joy", is_active=False)
    assert (active.state, draft.state) == ("active", "draft")
    assert [change.to_state for change in active.state_changes.all()] == ["active"]


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("template", {"template": "unheard_of"}),
        ("scope", {"scope": "session"}),
        ("scope", {"scope": "planet"}),
        ("name", {"name": ""}),
        ("prompt", {"prompt": " "}),
        ("sample_rate", {"sample_rate": 0}),
        ("labels", {"labels": []}),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(
    agent: Agent, field: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        create(agent, **changed)
    assert list(refused.value.message_dict) == [field]
    assert not Signal.objects.exists()
