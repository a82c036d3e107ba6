"""Letters about accounts: links in them begin with BASE_URL, whatever name a request was sent to,
and they tell nobody who has an account."""

from __future__ import annotations

import re
import time
from statistics import median
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.test import Client
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from teams.models import User
from teams.signin import letters
from teams.signin.addresses import is_confirmed
from tests.teams.signin.letters_sent import open_letters
from tests.traces.arrivals import confirmed

pytestmark = pytest.mark.django_db

PASSWORD = "a very long passphrase"
EVIL = "evil.example.net"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture
def user() -> User:
    return confirmed(User.objects.create_user("ada@example.org", PASSWORD))


@pytest.fixture(autouse=True)
def poisoned(settings: Settings) -> Settings:
    """A server that answers under any name, and lets anybody make an account."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.BASE_URL = "https://signals.example.com"
    settings.SIGNUP = "open"
    return settings


def post(client: Client, path: str, **given: str) -> Any:
    return client.post(f"/accounts/{path}", given, HTTP_HOST=EVIL)


def only_letter(to: str) -> str:
    (letter,) = open_letters()
    assert letter.to == [to]
    text = str(letter.body)
    assert EVIL not in text + letter.subject
    for address in re.findall(r"https?://\S+", text):
        assert address.startswith("https://signals.example.com"), address
    return text


def link_in(text: str) -> str:
    found = re.search(r"https://signals\.example\.com(/\S+/)\n", text)
    assert found
    return found[1]


def test_a_reset(client: Client, user: User) -> None:
    post(client, "password/reset/", email="ada@example.org")
    assert "/accounts/password/reset/key/" in link_in(only_letter("ada@example.org"))


def test_a_new_account_and_its_confirmation(client: Client, user: User) -> None:
    post(client, "signup/", email="grace@example.org", password1=PASSWORD)
    link = link_in(only_letter("grace@example.org"))
    grace = User.objects.get(email="grace@example.org")
    client.get(link)
    assert not is_confirmed(grace), "looking confirms nothing"
    client.post(link)
    assert is_confirmed(grace)


def test_an_account_that_is_there_already(client: Client, user: User) -> None:
    post(client, "signup/", email="ada@example.org", password1=PASSWORD)
    assert "There is one already" in only_letter("ada@example.org")


def test_a_changed_address_and_what_the_old_one_hears(client: Client, user: User) -> None:
    post(client, "login/", login="ada@example.org", password=PASSWORD)
    post(client, "reauthenticate/", password=PASSWORD)
    post(client, "email/", email="ada@new.example", action_add="")
    link = link_in(only_letter("ada@new.example"))
    user.refresh_from_db()
    assert user.email == "ada@example.org"
    client.post(link)
    user.refresh_from_db()
    assert user.email == "ada@new.example"
    assert is_confirmed(user)
    assert "ada@new.example" in only_letter("ada@example.org")


def test_a_changed_password_is_told(client: Client, user: User) -> None:
    post(client, "login/", login="ada@example.org", password=PASSWORD)
    given = {
        "oldpassword": PASSWORD,
        "password1": "another-one-yet",
        "password2": "another-one-yet",
    }
    post(client, "password/change/", **given)
    assert "Was it not you?" in only_letter("ada@example.org")


def test_letters_wait_sealed(client: Client, user: User) -> None:
    post(client, "password/reset/", email="ada@example.org")
    (row,) = OrmQ.objects.all()
    assert "password/reset/key" not in str(row.task["args"])
    assert mail.outbox == []


def test_nothing_is_sent_to_whom_nobody_knows(client: Client, user: User) -> None:
    post(client, "password/reset/", email="nobody@example.org")
    assert OrmQ.objects.count() == 1, "it takes the same way"
    assert open_letters() == []


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("password/reset/", {}),
        ("signup/", {"password1": PASSWORD}),
        ("login/", {"password": "wrong"}),
    ],
    ids=["reset", "sign-up", "sign-in"],
)
@pytest.mark.parametrize("backend", ["django.core.mail.backends.locmem.EmailBackend", CONSOLE])
def test_no_answer_tells_who_has_an_account(
    user: User, poisoned: Settings, path: str, given: dict[str, str], backend: str
) -> None:
    poisoned.EMAIL_BACKEND = backend
    answers = []
    for email in ("ada@example.org", "nobody@example.org"):
        client = Client()
        answer = client.post(f"/accounts/{path}", given | {"email": email, "login": email})
        page = client.get(answer["Location"]) if answer.status_code == 302 else answer
        words = page.content.decode().replace(email, "X").partition("</head>")[2]
        kept = re.sub(r'(csrfmiddlewaretoken"|X-CSRFToken"): ?[^>]*|value="\w{64}"', "", words)
        answers.append((answer.status_code, answer.get("Location"), kept, sorted(client.cookies)))
    assert answers[0] == answers[1]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["password/reset/", "signup/", "login/"])
def test_no_time_tells_who_has_an_account(user: User, poisoned: Settings, path: str) -> None:
    """With a hash that takes its time, as on a server: it is most of the time of an answer."""
    poisoned.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "saltsaltsaltsaltsaltsa")
    user.save()
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(12):
        for known in (True, False):
            email = user.email if known else f"nobody-{number}@example.org"
            given = {"email": email, "login": email, "password": "x", "password1": PASSWORD}
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            began = time.process_time()
            client.post(f"/accounts/{path}", given)
            took[known].append(time.process_time() - began)
    hash_s = _hash_s()
    assert abs(median(took[True]) - median(took[False])) < 0.25 * hash_s


def _hash_s() -> float:
    began = time.process_time()
    PBKDF2PasswordHasher().encode(PASSWORD, "saltsaltsaltsaltsaltsa")
    return time.process_time() - began


def test_a_mailbox_is_not_filled(user: User) -> None:
    for number in range(9):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        answer = client.post("/accounts/password/reset/", {"email": user.email})
        assert answer.status_code == 302, "the page says the same"
    assert len(open_letters()) == 5


def test_a_failure_of_the_mail_server_is_a_line_in_the_log(
    client: Client, user: User, poisoned: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    post(client, "password/reset/", email="ada@example.org")
    poisoned.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    poisoned.EMAIL_HOST, poisoned.EMAIL_PORT = "127.0.0.1", 1
    assert open_letters() == []
    assert "letter not sent" in caplog.text
    assert "reset/key" not in caplog.text


@pytest.mark.parametrize("path", ["password/reset/", "confirm-email/", "password/reset/done/"])
def test_without_a_mail_server_nothing_claims_that_mail_was_sent(
    client: Client, poisoned: Settings, path: str
) -> None:
    poisoned.EMAIL_BACKEND = CONSOLE
    words = " ".join(client.get(f"/accounts/{path}").content.decode().split())
    assert "sends no mail" in words
    assert "manage.py" in words
    assert "on its way" not in words


def test_without_a_mail_server_a_changed_address_says_whom_to_ask(
    client: Client, user: User, poisoned: Settings
) -> None:
    poisoned.EMAIL_BACKEND = CONSOLE
    client.force_login(User.objects.create_user("demo@localhost"))
    given = {"email": "new@example.org", "action_add": ""}
    words = client.post("/accounts/email/", given, follow=True).content.decode()
    assert "on its way" not in words
    assert "manage.py confirm_email new@example.org" in words
    assert letters.whom_to_ask_about("new@example.org").replace("'", "&#x27;") in words
    assert EmailAddress.objects.filter(email="new@example.org", verified=False).exists()
