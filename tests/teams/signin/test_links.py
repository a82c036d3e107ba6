"""Links that sign a person in: asked for before, used once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from teams.models import Membership, Project, Team, User
from teams.signin import links

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    user = User.objects.create_user("ada@example.org")
    team = Team.objects.create(name="team")
    Membership.objects.create(team=team, user=user, role="owner")
    Project.objects.create(team=team, name="Project")
    return user


@pytest.fixture
def path(user: User) -> str:
    return path_of(links.issue(user, timezone.now()))


def path_of(url: str) -> str:
    return urlsplit(url).path


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_opening_a_link_asks_and_only_the_answer_signs_in(
    client: Client, user: User, path: str
) -> None:
    page = client.get(path)
    assert "Sign in as ada@example.org?" in page.content.decode()
    assert signed_in(client) is None
    assert client.post(path).status_code == 302
    assert signed_in(client) == str(user.pk)


def test_looks_and_previews_use_nothing_up(client: Client, user: User, path: str) -> None:
    for _ in range(3):
        assert client.head(path).status_code == client.get(path).status_code == 200
    client.post(path)
    assert signed_in(client) == str(user.pk)


def test_a_link_is_used_once(client: Client, path: str) -> None:
    client.post(path)
    for method in ("get", "post"):
        other = Client()
        assert getattr(other, method)(path).status_code == 403
        assert signed_in(other) is None


def test_of_two_that_use_it_at_once_one_gets_in(
    user: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either wrote."""
    monkeypatch.setattr(links, "user_of", lambda _token, _now: user)
    token = path.rstrip("/").rpartition("/")[2]
    assert [links.use(token, timezone.now()) for _ in range(2)] == [user, None]


def test_a_link_is_good_for_a_day(client: Client, user: User) -> None:
    path = path_of(links.issue(user, timezone.now() - timedelta(hours=24, seconds=1)))
    assert client.get(path).status_code == client.post(path).status_code == 403
    assert signed_in(client) is None


def test_a_new_password_ends_the_links_made_before(client: Client, user: User, path: str) -> None:
    user.set_password("something-new")
    user.save()
    assert client.post(path).status_code == 403


def test_who_is_signed_in_is_told_and_signed_over_only_by_the_answer(
    client: Client, user: User, path: str
) -> None:
    other = User.objects.create_user("grace@example.org")
    client.force_login(other)
    assert "You are signed in as" in client.get(path).content.decode()
    assert signed_in(client) == str(other.pk)
    client.post(path)
    assert signed_in(client) == str(user.pk)


@pytest.mark.parametrize("token", ["x", "eyJ1c2VyIjoxfQ", "é", "%00"])
def test_a_forged_link_signs_nobody_in(client: Client, token: str) -> None:
    assert client.get(f"/enter/{token}/").status_code == 403
    assert client.post(f"/enter/{token}/").status_code == 403
    assert signed_in(client) is None


def test_whoever_is_switched_off_is_not_signed_in(client: Client, user: User, path: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.post(path).status_code == 403


def test_guessing_links_is_counted(client: Client) -> None:
    answers = [client.post(f"/enter/{number}/").status_code for number in range(21)]
    assert answers == [403] * 20 + [429]


def test_a_command_makes_a_link(
    client: Client, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("signin_link", "Ada@example.org")
    client.post(path_of(capsys.readouterr().out.strip()))
    assert signed_in(client) == str(user.pk)
    with pytest.raises(CommandError, match="Nobody signs in with eve"):
        call_command("signin_link", "eve@example.org")


def test_a_command_makes_a_link_to_a_new_password(
    client: Client, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reset_link", "ada@example.org")
    page = client.get(path_of(capsys.readouterr().out.strip()), follow=True)
    assert "New password" in page.content.decode()
    given = {"password1": "quite-another-one", "password2": "quite-another-one"}
    client.post(page.redirect_chain[-1][0], given)
    user.refresh_from_db()
    assert user.check_password("quite-another-one")
