"""The settings of a project, and a further project."""

from __future__ import annotations

import pytest
from django.test import Client

from teams.models import Membership, Project, Team, User

pytestmark = pytest.mark.django_db


def signed_in(client: Client, project: Project, role: str | None) -> User:
    user = User.objects.create_user(f"{role}@example.org")
    if role:
        Membership.objects.create(team=project.team, user=user, role=role)
    client.force_login(user)
    return user


def save(client: Client, project: Project, **fields: str) -> int:
    return client.post(f"/p/{project.slug}/settings/save/", fields).status_code


def test_an_admin_changes_name_and_idle_time(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    assert save(client, project, name="Renamed", session_idle_s="90") == 302
    project.refresh_from_db()
    assert (project.name, project.session_idle_s, project.slug) == ("Renamed", 90, "ours")


def test_an_empty_idle_time_means_the_default(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    save(client, project, name="Ours", session_idle_s="")
    project.refresh_from_db()
    assert project.session_idle_s is None


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "session_idle_s": "60"},
        {"name": "x" * 101, "session_idle_s": ""},
        {"name": "a\0b", "session_idle_s": ""},
        {"name": "Ours", "session_idle_s": "0"},
        {"name": "Ours", "session_idle_s": "99999999999"},
        {"name": "Ours", "session_idle_s": "soon"},
    ],
    ids=["no name", "long name", "NUL", "zero idle", "idle for years", "idle in words"],
)
def test_bad_settings_change_nothing_and_say_why(
    client: Client, project: Project, fields: dict[str, str]
) -> None:
    signed_in(client, project, "admin")
    response = client.post(f"/p/{project.slug}/settings/save/", fields)
    assert response.status_code == 422
    assert response.context["project_form"].errors
    project.refresh_from_db()
    assert (project.name, project.session_idle_s) == ("Ours", None)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_below_an_admin_one_looks_but_is_offered_nothing_to_change(
    client: Client, project: Project, role: str
) -> None:
    signed_in(client, project, role)
    page = client.get(f"/p/{project.slug}/settings/")
    assert page.status_code == 200
    assert "Save settings" not in page.content.decode()
    keys = client.get(f"/p/{project.slug}/settings/keys/")
    assert "Issue key" not in keys.content.decode()
    assert save(client, project, name="Mine") == 403


def test_a_stranger_finds_nothing(client: Client, project: Project) -> None:
    signed_in(client, project, None)
    assert client.get(f"/p/{project.slug}/settings/").status_code == 404
    assert save(client, project, name="Mine") == 404


def test_wrong_methods_are_refused(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    assert client.post(f"/p/{project.slug}/settings/").status_code == 405
    assert client.get(f"/p/{project.slug}/settings/save/").status_code == 405
    assert client.put("/projects/new/").status_code == 405


def test_the_members_are_listed_with_their_roles(client: Client, project: Project) -> None:
    signed_in(client, project, "viewer")
    Membership.objects.create(
        team=project.team, user=User.objects.create_user("bob@example.org"), role="owner"
    )
    page = client.get(f"/p/{project.slug}/settings/members/").content.decode()
    assert "bob@example.org" in page
    assert "Owner" in page


def test_names_are_escaped(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    save(client, project, name="<script>alert(1)</script>")
    page = client.get(f"/p/{project.slug}/settings/").content.decode()
    assert "<script>alert" not in page


def test_an_admin_makes_a_further_project_in_the_team(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    response = client.post("/projects/new/", {"name": "Second", "team": project.team_id})
    made = Project.objects.get(name="Second")
    assert made.team == project.team
    assert response["Location"] == f"/p/{made.slug}/settings/keys/"


def test_a_project_cannot_be_made_in_anothers_team(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    theirs = Team.objects.create(name="Theirs")
    response = client.post("/projects/new/", {"name": "Intruder", "team": theirs.pk})
    assert response.status_code == 422
    assert not Project.objects.filter(name="Intruder").exists()


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_may_make_no_project_is_told_why(client: Client, project: Project, role: str) -> None:
    signed_in(client, project, role)
    assert "in no team in which you may" in client.get("/projects/new/").content.decode()
    response = client.post("/projects/new/", {"name": "Mine", "team": project.team_id})
    assert response.status_code == 422
    assert not Project.objects.filter(name="Mine").exists()


def test_the_next_visit_begins_at_the_project_seen_last(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    second = Project.objects.create(team=project.team, name="Second")
    assert client.get("/")["Location"] == f"/p/{project.slug}/signals/"
    client.get(f"/p/{second.slug}/settings/")
    assert client.get("/")["Location"] == f"/p/{second.slug}/signals/"
