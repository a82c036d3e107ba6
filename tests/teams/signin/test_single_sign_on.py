"""Signing in by an OpenID Connect provider: a genuine one, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from runner.child_process import manage
from teams.models import User
from teams.signin import links
from tests.server import OWN_ENVIRONMENT, Piece, WebServer, free_port, own_database, wait_until
from tests.traces.arrivals import confirmed, member, new_project

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "a very long passphrase"
ADA, NEW, UNSURE = "ada@example.org", "new@example.org", "unsure@example.org"

#: Makes people and a client at the provider, from JSON on standard input.
SET_UP = """
import json, sys
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client
from teams.models import User
from teams.signin import links
given = json.load(sys.stdin)
for email, verified in given["people"].items():
    user = User.objects.create_user(email, given["password"], last_login="2026-01-01T00:00Z")
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
client = Client(
    id="signals",
    name="Signals",
    scopes="openid\\nemail",
    redirect_uris="\\n".join(given["redirect_uris"]),
    skip_consent=True,
)
client.set_secret("a secret of the client")
client.save()
"""


@dataclass
class Provider:
    issuer: str
    ports: tuple[int, int]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Under the name localhost, since cookies know no ports."""
    port, ours = free_port(), (free_port(), free_port())
    issuer = f"http://localhost:{port}"
    back = [f"http://127.0.0.1:{each}/accounts/oidc/sso/login/callback/" for each in ours]
    people = {ADA: True, NEW: True, UNSURE: False}
    given = {"people": people, "password": PASSWORD, "redirect_uris": back}
    with own_database() as database:
        environment = {
            **OWN_ENVIRONMENT,
            "DJANGO_SETTINGS_MODULE": "tests.teams.signin.provider.settings",
            "DATABASE_URL": database.url,
            "BASE_URL": issuer,
        }
        subprocess.run(
            manage("shell", "-v0", "-c", SET_UP),
            input=json.dumps(given).encode(),
            env=_with_own(environment),
            check=True,
        )
        command = manage("runserver", "--noreload", f"127.0.0.1:{port}")
        with Piece(command, "provider", environment):
            wait_until(lambda: _answers(issuer), 60, "the provider answers")
            yield Provider(issuer, ours)


def _with_own(environment: dict[str, str]) -> dict[str, str]:

    return os.environ | environment


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code < 500
    except requests.ConnectionError:
        return False


def server(database_url: str, provider: Provider, number: int, **more: str) -> WebServer:
    given = {
        "OIDC_LOGIN_ISSUER": provider.issuer,
        "OIDC_LOGIN_NAME": "Acme",
        "OIDC_LOGIN_CLIENT_ID": "signals",
        "OIDC_LOGIN_CLIENT_SECRET": "a secret of the client",
        **more,
    }
    return WebServer(database_url, port=provider.ports[number], environment=given)


def comes_in(ours: WebServer, provider: Provider, email: str) -> requests.Response:
    """Follow the button of the sign-in page, sign in at the provider, and come back."""
    browser = requests.Session()
    page = browser.get(f"{ours.url}/accounts/login/", timeout=30)
    assert "Acme" in page.text
    found = re.search(r'href="(/accounts/oidc/sso/login/)"', page.text)
    assert found
    there = browser.get(ours.url + found[1], timeout=30)
    assert there.url.startswith(provider.issuer), there.text
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', there.text)
    following = re.search(r'name="next" value="([^"]+)"', there.text)
    assert token
    assert following
    given = {
        "login": email,
        "password": PASSWORD,
        "csrfmiddlewaretoken": token[1],
        "next": following[1].replace("&amp;", "&"),
    }
    return browser.post(f"{provider.issuer}/accounts/login/", given, timeout=30)


def test_who_has_an_account_comes_in_and_others_need_an_open_door(
    database_url: str, provider: Provider
) -> None:
    ada = confirmed(member(new_project()))
    with server(database_url, provider, 0) as ours:
        back = comes_in(ours, provider, ADA)
        assert back.url == f"{ours.url}/p/ours/signals/", back.text
        assert SocialAccount.objects.get().user == ada

        assert "Accounts are made by invitation" in comes_in(ours, provider, NEW).text
        assert "names no confirmed e-mail address" in comes_in(ours, provider, UNSURE).text
        assert list(User.objects.all()) == [ada]

    with server(database_url, provider, 1, SIGNUP="open") as ours:
        back = comes_in(ours, provider, NEW)
        assert back.url == f"{ours.url}/p/news-project/signals/", back.text
        new = User.objects.get(email=NEW)
        assert not new.is_staff
        assert not new.has_usable_password()
        assert EmailAddress.objects.get(user=new).verified
        assert comes_in(ours, provider, NEW).url == back.url, "the same account again"
        assert "names no confirmed e-mail address" in comes_in(ours, provider, UNSURE).text


def test_nobody_joins_an_identity_to_an_account_by_a_link(
    database_url: str, provider: Provider
) -> None:
    """Somebody who is signed in, lured onto a link that would add the lurer's identity."""
    ada = confirmed(member(new_project()))
    with server(database_url, provider, 0) as ours:
        browser = requests.Session()
        link = ours.url + urlsplit(links.issue(ada, timezone.now())).path
        asked = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get(link, timeout=30).text)
        assert asked
        browser.post(link, {"csrfmiddlewaretoken": asked[1]}, timeout=30)
        assert browser.get(f"{ours.url}/account/", timeout=30).url == f"{ours.url}/account/"
        lure = f"{ours.url}/accounts/oidc/sso/login/?process=connect"
        there = browser.get(lure, timeout=30)
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', there.text)
        following = re.search(r'name="next" value="([^"]+)"', there.text)
        assert token
        assert following
        given = {
            "login": NEW,
            "password": PASSWORD,
            "csrfmiddlewaretoken": token[1],
            "next": following[1].replace("&amp;", "&"),
        }
        back = browser.post(f"{provider.issuer}/accounts/login/", given, timeout=30)
        assert back.url == f"{ours.url}/account/"
        assert not SocialAccount.objects.exists()
