"""Codes of an app and recovery codes, and how they are kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from teams.models import User
from teams.signin import links, second_factors
from tests.traces.arrivals import confirmed

pytestmark = pytest.mark.django_db

PASSWORD = "a very long passphrase"
HERE = "/accounts/second-factor/"


@pytest.fixture
def user() -> User:
    return confirmed(User.objects.create_user("ada@example.org", PASSWORD))


def code_of(secret: str, steps: int = 0) -> str:
    """The code of RFC 6238 for now, as an app makes it."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = mac[-1] & 15
    number = struct.unpack(">I", mac[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def sign_in(client: Client, password: str = PASSWORD) -> str:
    answer = client.post("/accounts/login/", {"login": "ada@example.org", "password": password})
    return answer.get("Location", "")


def turned_on(user: User) -> tuple[Client, str]:
    """Turn codes on, as somebody does in the pages; return the browser and the app's secret."""
    client = Client()
    sign_in(client)
    page = client.get(f"{HERE}totp/activate/", follow=True)
    assert "Is it you?" in page.content.decode(), "asked again before it changes"
    client.post(page.redirect_chain[-1][0], {"password": PASSWORD})
    page = client.get(f"{HERE}totp/activate/")
    found = re.search(r"Secret: <code[^>]*>([A-Z2-7]+)<", page.content.decode())
    assert found
    client.post(f"{HERE}totp/activate/", {"code": code_of(found[1])})
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    return client, found[1]


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_code_is_asked_for_after_the_password(user: User) -> None:
    _client, secret = turned_on(user)
    other = Client()
    assert sign_in(other) == f"{HERE}authenticate/"
    assert not is_in(other)
    other.post(f"{HERE}authenticate/", {"code": "000000"})
    assert not is_in(other)
    other.post(f"{HERE}authenticate/", {"code": code_of(secret, steps=1)})
    assert is_in(other)


def test_recovery_codes_come_with_it_and_work_once(user: User) -> None:
    client, _secret = turned_on(user)
    page = client.get(f"{HERE}recovery-codes/").content.decode()
    codes = re.findall(r"^(?:<pre[^>]*>)?(\d{8})", page, re.MULTILINE)
    assert len(codes) == 10
    for number, wanted in ((0, True), (0, False), (1, True)):
        other = Client()
        sign_in(other)
        other.post(f"{HERE}authenticate/", {"code": codes[number]})
        assert is_in(other) is wanted
    assert "8 left" in " ".join(client.get("/account/").content.decode().split())


def test_secrets_are_sealed_in_the_database(user: User) -> None:
    _client, secret = turned_on(user)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert kept.count("gAAAA") == 2, "Fernet's tokens: the app's secret and the codes' seed"


def test_a_link_that_signs_in_asks_for_the_code_too(user: User) -> None:
    turned_on(user)
    client = Client()
    path = urlsplit(links.issue(user, timezone.now())).path
    assert client.post(path)["Location"] == f"{HERE}authenticate/"
    assert not is_in(client)


def test_guessing_codes_is_stopped_at_that_address_and_no_other(user: User) -> None:
    _client, secret = turned_on(user)
    attacker = Client(REMOTE_ADDR="198.51.100.9")
    sign_in(attacker)
    for _ in range(5):
        attacker.post(f"{HERE}authenticate/", {"code": "000000"})
    words = attacker.post(f"{HERE}authenticate/", {"code": code_of(secret, 1)}).content.decode()
    assert "Too many wrong tries" in words
    assert not is_in(attacker)
    person = Client(REMOTE_ADDR="192.0.2.1")
    sign_in(person)
    person.post(f"{HERE}authenticate/", {"code": code_of(secret, 1)})
    assert is_in(person)


def test_the_operator_removes_what_somebody_lost(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    turned_on(user)
    call_command("reset_second_factor", "ada@example.org")
    assert "2 removed" in capsys.readouterr().out
    client = Client()
    sign_in(client)
    assert is_in(client)


def test_it_is_turned_off_again(user: User) -> None:
    client, _secret = turned_on(user)
    assert "Turn codes of the app off" in client.get("/account/").content.decode()
    client.post(f"{HERE}totp/deactivate/")
    assert not Authenticator.objects.exists()
    words = " ".join(client.get("/account/").content.decode().split())
    assert "A password alone signs you in" in words


def test_whoever_has_nothing_to_answer_with_is_not_asked(client: Client) -> None:
    client.force_login(User.objects.create_user("demo@localhost"))
    assert client.get(f"{HERE}totp/activate/").status_code == 200
    assert client.get("/accounts/password/set/").status_code == 200


@pytest.mark.parametrize(
    ("base_url", "work"),
    [
        ("https://signals.example.com", True),
        ("http://localhost:8799", True),
        ("http://127.0.0.1:8799", False),
        ("https://[2001:db8::1]", False),
        ("http://signals.example.com", False),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(
    client: Client, settings: Settings, base_url: str, work: bool
) -> None:
    settings.BASE_URL = base_url
    assert second_factors.passkeys_work() is work
    client.force_login(User.objects.create_user("demo@localhost"))
    assert ("Add a passkey" in client.get("/account/").content.decode()) is work


def test_allauths_own_lists_lead_to_the_page_of_the_account(client: Client) -> None:
    client.force_login(User.objects.create_user("demo@localhost"))
    for path in (HERE, f"{HERE}webauthn/", "/accounts/single-sign-on/"):
        assert client.get(path)["Location"] == "/account/"
