"""How many members and projects the operator allows a team."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from teams import projects
from teams.models import Membership, Project, User
from teams.people import members
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


def test_a_full_team_takes_nobody_more_and_says_whom_to_ask(
    project: Project, settings: Any
) -> None:
    member(project, "owner")
    eve, adam = (User.objects.create_user(f"{name}@example.org") for name in ("eve", "adam"))
    settings.TEAM_MEMBERS_MAX = 2
    members.add(project.team, eve, "member")
    with pytest.raises(ValidationError) as error:
        members.add(project.team, adam, "member")
    assert "at most 2 members" in error.value.message_dict["user"][0]
    assert Membership.objects.filter(team=project.team).count() == 2
    settings.TEAM_MEMBERS_MAX = 0
    members.add(project.team, adam, "member")


def test_a_team_makes_as_many_projects_as_it_may(
    project: Project, settings: Any, client: Client
) -> None:
    owner = member(project, "owner")
    settings.TEAM_PROJECTS_MAX = 2
    projects.create(project.team, "Second", owner)
    with pytest.raises(ValidationError) as error:
        projects.create(project.team, "Third", owner)
    assert list(error.value.message_dict) == ["team"]
    client.force_login(owner)
    given = {"team": project.team.pk, "name": "Third"}
    answer = client.post(reverse("project_new"), given)
    assert (answer.status_code, b"at most 2 projects" in answer.content) == (422, True)
    settings.TEAM_PROJECTS_MAX = 3
    projects.create(project.team, "Third", owner)


def test_the_page_of_spending_shows_what_is_used(
    project: Project, settings: Any, client: Client
) -> None:
    client.force_login(member(project, "viewer"))
    page = reverse("spend", args=[project.slug])
    assert b"Limits of the team" not in client.get(page).content
    settings.TEAM_MEMBERS_MAX, settings.TEAM_SPANS_PER_DAY = 1, 5000
    text = " ".join(client.get(page).content.decode().split())
    assert 'Members <span class="state state-error">reached</span>' in text
    assert "5,000" in text
