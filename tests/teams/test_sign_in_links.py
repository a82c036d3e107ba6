from __future__ import annotations

import pytest
from django.core import signing
from django.test import Client

from teams import signin_links
from teams.models import Membership, Project, Team, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    user = User.objects.create_user("ada@example.org")
    team = Team.objects.create(name="team")
    Membership.objects.create(team=team, user=user, role="owner")
    Project.objects.create(team=team, name="Project")
    return user


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_a_link_signs_its_person_in(client: Client, user: User) -> None:
    answer = client.get(path_of(signin_links.sign_in_url(user)))
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_link_works_again_until_it_is_a_day_old(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(signin_links.sign_in_url(user))
    client.get(path)
    assert Client().get(path).status_code == 302
    monkeypatch.setattr(signin_links, "MAX_AGE_S", -1)
    assert Client().get(path).status_code == 403


def test_a_new_password_ends_the_links_made_before(client: Client, user: User) -> None:
    path = path_of(signin_links.sign_in_url(user))
    user.set_password("something-new")
    user.save()
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "token",
    ["x", signing.dumps({"user": 1, "seal": ""}, salt="other")],
    ids=["no token", "of another salt"],  # the token holds the time, and two processes must agree
)
def test_a_forged_link_signs_nobody_in(client: Client, token: str) -> None:
    assert client.get(f"/enter/{token}/").status_code == 403
    assert "_auth_user_id" not in client.session
