"""Passkeys in a real Chromium, with an authenticator that its developer tools stand in for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Page, expect

from teams.models import User
from tests.server import WebServer, free_port
from tests.traces.arrivals import confirmed, member, new_project

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "a very long passphrase"


@pytest.fixture
def server(database_url: str) -> Iterator[WebServer]:
    """Under a name: passkeys bind to one, and browsers make none for 127.0.0.1."""
    port = free_port()
    given = {"BASE_URL": f"http://localhost:{port}"}
    with WebServer(database_url, port=port, environment=given) as started:
        yield started


@pytest.fixture
def user(server: WebServer) -> User:
    user = confirmed(member(new_project()))
    # The server knows no hash that is quick enough for tests.
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "saltsaltsaltsaltsaltsa")
    user.save()
    return user


def with_authenticator(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def by_password(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_made_signs_in_alone_and_is_removed(
    page: Page, server: WebServer, user: User
) -> None:
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    url = server.url.replace("127.0.0.1", "localhost")
    with_authenticator(page)
    by_password(page, url)
    page.wait_for_url("**/signals/")

    page.goto(f"{url}/account/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1

    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("button", name="Sign out", exact=True).last.click()
    page.wait_for_url(lambda address: "logout" not in address)
    page.goto(f"{url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/signals/")

    page.goto(f"{url}/account/")
    expect(page.get_by_text("Laptop").first).to_be_visible()
    page.get_by_role("link", name="Remove Laptop").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert not Authenticator.objects.exists()
    assert wrong == []


def test_with_a_passkey_the_password_alone_does_not_sign_in(
    page: Page, server: WebServer, user: User
) -> None:
    url = server.url.replace("127.0.0.1", "localhost")
    with_authenticator(page)
    by_password(page, url)
    page.wait_for_url("**/signals/")
    page.goto(f"{url}/accounts/second-factor/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    by_password(page, url)
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/signals/")


def test_what_goes_wrong_is_said(page: Page, server: WebServer, user: User) -> None:
    """Without an authenticator that answers."""
    url = server.url.replace("127.0.0.1", "localhost")
    page.add_init_script(
        "navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    page.goto(f"{url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("it was cancelled, or took too long")).to_be_visible()
