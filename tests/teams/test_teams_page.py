"""A person's teams: all of them, a further one, another name; and the end of an account."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signals_app.models import Signal
from teams import keys
from teams.models import ApiKey, AuditEntry, Membership, Project, Team, User
from teams.people import accounts, invitations, teams
from tests.html import html_of
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, project: Project) -> User:
    """The owner, signed in."""
    found = member(project, "owner", "olga@example.org")
    client.force_login(found)
    return found


def test_each_team_is_shown_with_its_projects_and_what_one_may_do(
    client: Client, olga: User, project: Project
) -> None:
    theirs = Project.objects.create(team=Team.objects.create(name="Other crew"), name="Market")
    Membership.objects.create(team=theirs.team, user=olga, role="viewer")
    Project.objects.create(team=Team.objects.create(name="Strangers"), name="Hidden")
    page = html_of(client.get(reverse("teams")))
    for name in (project.name, "Other crew", "Market"):
        assert name in page
    assert "Hidden" not in page
    assert reverse("team_delete", args=[project.team.uuid]) in page
    assert reverse("team_delete", args=[theirs.team.uuid]) not in page
    assert reverse("team_rename", args=[theirs.team.uuid]) not in page


def test_the_page_costs_the_same_however_many_teams_there_are(
    client: Client, olga: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        teams.create(olga, f"Team {number}", "Project")
    with django_assert_max_num_queries(14):
        client.get(reverse("teams"))


def test_a_further_team_has_its_own_project_and_people(client: Client, olga: User) -> None:
    given = {"name": " Second ", "project_name": "Shop"}
    response = client.post(reverse("team_new"), given)
    made = Project.objects.get(name="Shop")
    assert response["Location"] == reverse("members", args=[made.slug])
    assert (made.team.name, made.team.memberships.get().role) == ("Second", "owner")


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"name": "", "project_name": "Shop"}, ["name"]),
        ({"name": "Second", "project_name": ""}, ["project_name"]),
        ({"name": "x" * 101, "project_name": "a\x00"}, ["name", "project_name"]),
    ],
)
def test_a_team_without_a_name_is_not_made(
    client: Client, olga: User, given: dict[str, str], fields: list[str]
) -> None:
    response = client.post(reverse("team_new"), given)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == fields
    with pytest.raises(ValidationError) as refused:
        teams.create(olga, **given)
    assert sorted(refused.value.message_dict) == sorted(fields)
    assert Team.objects.count() == 1


def test_who_manages_a_team_renames_it(client: Client, olga: User, project: Project) -> None:
    url = reverse("team_rename", args=[project.team.uuid])
    assert client.post(url, {"name": "Crew"})["Location"] == reverse("teams")
    assert client.post(url, {"name": ""}).status_code == 422
    project.team.refresh_from_db()
    assert project.team.name == "Crew"
    client.force_login(member(project, "member"))
    assert client.post(url, {"name": "Mine"}).status_code == 403


def test_an_account_goes_and_what_the_person_made_stays_without_a_name(
    client: Client, olga: User, project: Project, signal: Signal
) -> None:
    vic = member(project, "member", "vic@example.org")
    key, _secret = keys.issue(project, "theirs", vic, now=timezone.now())
    Signal.objects.update(created_by=vic)
    client.force_login(vic)
    url = reverse("account_delete")
    assert client.post(url, {"typed": "olga@example.org"}).status_code == 422
    said = client.post(url, {"typed": "vic@example.org"})
    assert said["Location"] == reverse("account_login")
    assert client.get(reverse("home")).status_code == 302
    assert not User.objects.filter(email="vic@example.org").exists()
    assert Signal.objects.get().created_by is None
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    assert AuditEntry.objects.filter(action="account.deleted").exists()


def test_the_only_owner_of_a_team_cannot_go(client: Client, olga: User, project: Project) -> None:
    page = html_of(client.get(reverse("account_delete")))
    assert f"You are the only owner of {project.team.name}" in page
    assert "Delete account" not in page
    assert client.post(reverse("account_delete"), {"typed": olga.email}).status_code == 422
    with pytest.raises(accounts.CannotDelete, match="only owner"):
        accounts.delete(olga, timezone.now())
    member(project, "owner")
    accounts.delete(olga, timezone.now())


def test_the_last_of_the_staff_cannot_go() -> None:
    root = User.objects.create_superuser("root@example.org")
    with pytest.raises(accounts.CannotDelete, match="the only one who runs this server"):
        accounts.delete(root, timezone.now())
    User.objects.create_superuser("other@example.org")
    accounts.delete(root, timezone.now())


def test_with_an_account_go_the_invitations_that_it_made(project: Project) -> None:
    member(project, "owner", "olga@example.org")
    ada = member(project, "admin", "ada@example.org")
    token = invitations.invite(project.team, "viewer", by=ada, now=timezone.now())[1]
    accounts.delete(ada, timezone.now())
    with pytest.raises(invitations.NoInvitation):
        invitations.find(token, timezone.now())


def test_the_menu_of_projects_names_teams_where_there_are_several(
    client: Client, olga: User, project: Project
) -> None:
    url, heading = reverse("signals", args=[project.slug]), '<li class="of-team clip">'
    assert heading not in html_of(client.get(url))
    other = teams.create(olga, "Second", project.name)
    page = html_of(client.get(url))
    assert page.count(heading) == 2
    assert f"{heading}Second</li>" in page
    assert reverse("signals", args=[other.slug]) in page
