"""A person's own page: the time zone that pages speak in."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from teams.models import ApiKey, Membership, Project, Team, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = User.objects.create_user("ada@example.org")
    client.force_login(user)
    return user


def test_a_zone_is_chosen_and_can_be_left_to_the_browser_again(client: Client, user: User) -> None:
    assert client.post("/account/", {"time_zone": "Asia/Kathmandu"}).status_code == 302
    user.refresh_from_db()
    assert user.time_zone == "Asia/Kathmandu"
    client.post("/account/", {"time_zone": ""})
    user.refresh_from_db()
    assert user.time_zone == ""


def test_pages_speak_in_the_chosen_zone(client: Client, user: User) -> None:
    team = Team.objects.create(name="Crew")
    Membership.objects.create(team=team, user=user)
    project = Project.objects.create(team=team, name="Ours")
    ApiKey.objects.issue(project, "production")
    client.post("/account/", {"time_zone": "Asia/Kathmandu"})
    assert "+0545" in client.get(f"/p/{project.slug}/settings/keys/").content.decode()


def test_an_unknown_zone_is_refused(client: Client, user: User) -> None:
    response = client.post("/account/", {"time_zone": "Middle/Earth"})
    assert response.status_code == 422
    user.refresh_from_db()
    assert user.time_zone == ""


def test_the_page_shows_the_teams_and_works_without_any(client: Client, user: User) -> None:
    assert "Ask an owner" in client.get("/account/").content.decode()
    Membership.objects.create(team=Team.objects.create(name="Crew"), user=user, role="viewer")
    assert "Crew" in client.get("/account/").content.decode()


def test_wrong_methods_and_visitors_are_refused(client: Client, user: User) -> None:
    assert client.put("/account/").status_code == 405
    client.logout()
    assert client.get("/account/").status_code == 302


def test_pages_about_the_password_speak_like_the_others(client: Client, user: User) -> None:
    assert "<h1>Set a password</h1>" in page(client, "password/set/")
    user.set_password("correct horse battery")
    user.save()
    client.force_login(user)
    assert "<h1>Change password</h1>" in page(client, "password/change/")
    client.logout()
    assert "Send the link" in page(client, "password/reset/")


def test_a_changed_address_waits_until_it_is_confirmed(client: Client, user: User) -> None:
    assert "<h1>E-mail address</h1>" in page(client, "email/")
    given = {"action_add": "", "email": "ada@work.example"}
    assert client.post("/accounts/email/", given).status_code == 302
    words = page(client, "email/")
    assert "takes its place once it is confirmed" in words
    assert "Send the confirmation again" in words
    assert "Cancel the change" in words
    user.refresh_from_db()
    assert user.email == "ada@example.org"


def test_forms_of_the_account_pages_speak_in_our_words(
    client: Client, user: User, settings: Settings
) -> None:
    settings.SIGNUP = "open"
    assert "E-mail address" in page(client, "email/")
    client.logout()
    sign_in = page(client, "login/")
    assert "E-mail address" in sign_in
    assert "Keep me signed in" in sign_in
    for path in ("login/", "signup/", "password/reset/"):
        words = page(client, path)
        assert "E-mail address" in words
        assert 'placeholder="Email' not in words


def page(client: Client, path: str) -> str:
    response = client.get(f"/accounts/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_daily_overview_of_each_project_is_one_click_away(client: Client, user: User) -> None:
    assert "Daily overview" not in client.get("/account/").content.decode()
    team = Team.objects.create(name="Crew")
    Membership.objects.create(team=team, user=user)
    ours = Project.objects.create(team=team, name="Ours")
    other = Project.objects.create(team=Team.objects.create(name="Others"), name="Theirs")
    page = client.get("/account/").content.decode()
    assert f'href="/p/{ours.slug}/overview/"' in page
    assert other.slug not in page
