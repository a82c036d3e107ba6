"""How often a password may be wrong: nobody guesses on, and nobody locks others out for long."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest
import requests
from allauth.core.internal import ratelimit
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from pytest_django.fixtures import Settings

from teams.models import User
from teams.signin import limits
from tests.server import WebServer
from tests.traces.arrivals import confirmed

pytestmark = pytest.mark.django_db

PASSWORD = "a very long passphrase"
ADA, GRACE = "ada@example.org", "grace@example.org"
HOME, OFFICE = "192.0.2.1", "198.51.100.7"
TOO_MANY = "Too many wrong tries"


@pytest.fixture(autouse=True)
def people() -> None:
    for email in (ADA, GRACE):
        confirmed(User.objects.create_user(email, PASSWORD))


def tries(email: str, password: str, address: str, client: Client | None = None) -> str:
    """Try to sign in; say what came of it."""
    client = client or Client()
    given = {"login": email, "password": password}
    answer = client.post("/accounts/login/", given, REMOTE_ADDR=address)
    if answer.status_code == 302:
        client.post("/accounts/logout/")
        return "in"
    return "too many" if TOO_MANY in answer.content.decode() else "wrong"


def wrong(times: int, email: str, address: str) -> list[str]:
    return [tries(email, "guess", address) for _ in range(times)]


def known_browser(email: str) -> Client:
    """A browser that somebody signed in with before, and out again."""
    client = Client()
    assert tries(email, PASSWORD, HOME, client) == "in"
    return client


def test_the_sixth_try_is_refused_even_if_it_is_right() -> None:
    assert wrong(6, ADA, OFFICE) == ["wrong"] * 5 + ["too many"]
    assert tries(ADA, PASSWORD, OFFICE) == "too many"


def test_right_ones_are_not_counted() -> None:
    assert [tries(ADA, PASSWORD, OFFICE) for _ in range(8)] == ["in"] * 8


def test_it_is_over_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(6, ADA, OFFICE)
    clock = SimpleNamespace(
        time=lambda: time.time() + 301, monotonic=time.monotonic, sleep=time.sleep
    )
    monkeypatch.setattr(ratelimit, "time", clock)
    assert tries(ADA, PASSWORD, OFFICE) == "in"


def test_the_person_is_not_locked_out_elsewhere() -> None:
    wrong(20, ADA, OFFICE)
    assert tries(ADA, PASSWORD, HOME) == "in"


def test_others_at_that_address_are_not_locked_out() -> None:
    wrong(20, ADA, OFFICE)
    assert tries(GRACE, PASSWORD, OFFICE) == "in"


def test_one_address_cannot_try_many_accounts_and_others_there_still_get_in() -> None:
    for number in range(40):
        wrong(1, f"victim-{number}@example.org", OFFICE)
    victim = "another@example.org"
    assert wrong(3, victim, OFFICE) == ["wrong", "too many", "too many"], "one try each"
    assert tries(GRACE, PASSWORD, OFFICE) == "in"
    assert tries(ADA, "guess", OFFICE, known_browser(ADA)) == "wrong", "counted by itself"


def test_many_addresses_cannot_try_one_account_and_its_own_browser_still_gets_in() -> None:
    mine = known_browser(ADA)
    for number in range(10):
        wrong(5, ADA, f"203.0.113.{number}")
    assert tries(ADA, PASSWORD, "203.0.113.99") == "too many"
    assert tries(ADA, PASSWORD, HOME, mine) == "in"
    assert tries(GRACE, PASSWORD, "203.0.113.99") == "in"


def test_a_known_browser_may_not_guess_for_ever_either() -> None:
    mine = known_browser(ADA)
    assert [tries(ADA, "guess", HOME, mine) for _ in range(11)] == ["wrong"] * 10 + ["too many"]
    assert tries(ADA, PASSWORD, HOME) == "in", "another browser of the person"


def test_a_browser_is_known_to_those_who_signed_in_with_it_alone() -> None:
    evil = known_browser(GRACE)
    assert [tries(ADA, "guess", OFFICE, evil) for _ in range(6)] == ["wrong"] * 5 + ["too many"]


@pytest.mark.parametrize("cookie", ["", "x", "W10:1:2", "é"])
def test_a_forged_cookie_is_no_known_browser(cookie: str) -> None:
    client = Client()
    client.cookies[limits.COOKIE] = cookie
    assert [tries(ADA, "guess", OFFICE, client) for _ in range(6)] == ["wrong"] * 5 + ["too many"]


def test_one_network_of_ipv6_is_one_address() -> None:
    answers = [tries(ADA, "guess", f"2001:db8:1:2::{number}") for number in range(6)]
    assert answers == ["wrong"] * 5 + ["too many"]


def test_saying_who_one_is_again_is_counted_too() -> None:
    client = Client(REMOTE_ADDR=OFFICE)
    client.post("/accounts/login/", {"login": ADA, "password": PASSWORD})
    path = "/accounts/reauthenticate/?next=/account/"
    answers = [client.post(path, {"password": "guess"}) for _ in range(12)]
    assert TOO_MANY in answers[-1].content.decode() or answers[-1].status_code == 429


def test_making_accounts_and_asking_for_resets_is_bounded(settings: Settings) -> None:
    settings.SIGNUP = "open"
    for path, most, passed in (("signup", 20, 200), ("password/reset", 60, 302)):
        client = Client(REMOTE_ADDR=OFFICE)
        given = {"email": "somebody@example.org", "password1": "short"}
        answers = [client.post(f"/accounts/{path}/", given).status_code for _ in range(most + 1)]
        assert answers == [passed] * most + [429]
        page = client.post(f"/accounts/{path}/", given)
        assert page["Retry-After"]
        assert "Wait a few minutes" in page.content.decode()


class Browser:
    """A browser over the network, behind a proxy that the server trusts."""

    def __init__(self, server: WebServer, address: str) -> None:
        self._url, self._session = server.url, requests.Session()
        self._session.headers["X-Forwarded-For"] = f"6.6.6.6, {address}"

    def tries(self, password: str) -> str:
        page = self._session.get(f"{self._url}/accounts/login/", timeout=30).text
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        given = {"login": ADA, "password": password, "csrfmiddlewaretoken": token[1]}
        answer = self._session.post(
            f"{self._url}/accounts/login/", given, allow_redirects=False, timeout=30
        )
        if answer.status_code == 302:
            return "in"
        return "too many" if TOO_MANY in answer.text else "wrong"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_all_processes_count_together(database_url: str) -> None:
    user = User.objects.get(email=ADA)
    # The servers know no hash that is quick enough for tests.
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "saltsaltsaltsaltsaltsa")
    user.save()
    with WebServer(database_url) as one, WebServer(database_url, workers=2) as other:
        servers = [one, other, one, other, other]
        assert [Browser(server, OFFICE).tries("guess") for server in servers] == ["wrong"] * 5
        assert [Browser(server, OFFICE).tries(PASSWORD) for server in (one, other)] == [
            "too many",
            "too many",
        ]
        assert Browser(other, HOME).tries(PASSWORD) == "in"
