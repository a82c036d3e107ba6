"""Who may make an account: the first visitor, then whoever was invited, or anybody if so set."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.test import Client
from pytest_django.fixtures import Settings

from teams.models import Membership, Project, User
from teams.signin import first_visitor, links

pytestmark = pytest.mark.django_db

FORM = {"email": "Ada@Example.org", "password1": "a-long-enough-one"}


def sign_up(client: Client, **more: str) -> None:
    client.post("/accounts/signup/", FORM | more)


def test_the_first_visitor_becomes_owner_and_staff_and_is_in_at_once(client: Client) -> None:
    sign_up(client)
    user = User.objects.get()
    assert user.email == "ada@example.org"
    assert user.is_staff
    assert user.is_superuser
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Membership.objects.get().role == "owner"
    assert client.get("/", follow=True).redirect_chain[-1][0] == (
        f"/p/{Project.objects.get().slug}/signals/"
    )


def test_the_next_one_needs_an_invitation(client: Client) -> None:
    sign_up(Client())
    assert "by invitation" in client.get("/accounts/signup/").content.decode()
    sign_up(client, email="eve@example.org")
    assert User.objects.count() == 1
    page = client.get("/accounts/login/").content.decode()
    assert "Accounts are made by invitation" in " ".join(page.split())


def test_an_open_door_makes_no_staff_and_asks_for_a_confirmed_address(
    client: Client, settings: Settings
) -> None:
    settings.SIGNUP = "open"
    sign_up(Client())
    sign_up(client, email="grace@example.org")
    grace = User.objects.get(email="grace@example.org")
    assert not grace.is_staff
    assert "_auth_user_id" not in client.session
    assert not grace.memberships.exists()
    client.post("/accounts/login/", {"login": grace.email, "password": FORM["password1"]})
    assert "_auth_user_id" not in client.session
    EmailAddress.objects.filter(user=grace).update(verified=True)
    client.post("/accounts/login/", {"login": grace.email, "password": FORM["password1"]})
    assert client.session["_auth_user_id"] == str(grace.pk)
    assert grace.memberships.get().role == "owner"


def test_on_the_internet_the_first_one_needs_the_printed_link(
    client: Client, settings: Settings
) -> None:
    settings.PRODUCTION = True
    sign_up(client)
    assert not User.objects.exists()
    assert client.get(urlsplit(links.first_url()).path).status_code == 302
    sign_up(client)
    assert User.objects.get().is_staff


@pytest.mark.parametrize(
    "token",
    ["x", signing.dumps("first", salt="another")],
    ids=["no token", "of another salt"],
)
def test_a_forged_link_makes_nobody_the_first(
    client: Client, settings: Settings, token: str
) -> None:
    settings.PRODUCTION = True
    assert client.get(f"/first/{token}/").status_code == 403
    sign_up(client)
    assert not User.objects.exists()


def test_the_printed_link_is_worth_nothing_once_somebody_is_there(client: Client) -> None:
    sign_up(Client())
    assert client.get(urlsplit(links.first_url()).path).status_code == 403


def test_old_links_for_the_first_one_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = urlsplit(links.first_url()).path
    monkeypatch.setattr(first_visitor, "MAX_AGE_S", -1)
    assert client.get(path).status_code == 403


def test_a_start_without_a_demo_lets_in_whom_it_knows() -> None:
    assert first_visitor.is_awaited()
    sign_up(Client())
    assert first_visitor.operator() == User.objects.get()
