"""Where a person is signed in, and signing out there."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from teams.models import User
from teams.signin import sessions
from tests.traces.arrivals import confirmed

pytestmark = pytest.mark.django_db

PASSWORD = "a very long passphrase"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def user() -> User:
    return confirmed(User.objects.create_user("ada@example.org", PASSWORD))


def signed_in(email: str = "ada@example.org", **more: str) -> Client:
    client = Client(**more)  # type: ignore[arg-type]
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_page_lists_browsers_and_addresses(user: User) -> None:
    signed_in(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.7")
    page = signed_in().get("/account/").content.decode()
    assert "Firefox on Linux" in page
    assert "192.0.2.7" in page
    assert page.count("this one") == 1


def test_one_is_signed_out_at_once(user: User) -> None:
    lost, mine = signed_in(), signed_in()
    row = UserSession.objects.get(session_key=lost.session.session_key)
    mine.post(f"/account/sessions/{row.pk}/end/")
    assert (is_in(lost), is_in(mine)) == (False, True)


def test_all_others_are_signed_out_at_once(user: User) -> None:
    lost, mine = [signed_in(), signed_in()], signed_in()
    assert mine.post("/account/sessions/end-others/").status_code == 302
    assert [is_in(client) for client in [*lost, mine]] == [False, False, True]
    assert UserSession.objects.count() == 1


def test_a_strangers_session_does_not_exist(user: User) -> None:
    confirmed(User.objects.create_user("eve@example.org", PASSWORD))
    mine, eve = signed_in(), signed_in("eve@example.org")
    row = UserSession.objects.get(session_key=mine.session.session_key)
    assert eve.post(f"/account/sessions/{row.pk}/end/").status_code == 404
    eve.post("/account/sessions/end-others/")
    assert is_in(mine)


def test_signing_out_takes_a_form(user: User) -> None:
    client = signed_in()
    assert client.get("/account/sessions/1/end/").status_code == 405
    assert client.get("/account/sessions/end-others/").status_code == 405
    assert Client().post("/account/sessions/end-others/").status_code == 302


def test_a_session_that_is_used_says_so_now_and_then(user: User) -> None:
    client = signed_in()
    before = UserSession.objects.get().last_seen_at
    is_in(client)
    assert UserSession.objects.get().last_seen_at == before
    session = client.session
    session[sessions.SEEN] = 0
    session.save()
    is_in(client)
    assert UserSession.objects.get().last_seen_at > before


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/149.0 Safari/537.36 Edg/149.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iOS"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/149.0 Mobile", "Chrome on Android"),
        ("", "an unknown browser"),
        ("<script>", "an unknown browser"),
    ],
)
def test_a_browser_is_said_in_words(user_agent: str, words: str) -> None:
    assert sessions.browser_of(user_agent) == words
