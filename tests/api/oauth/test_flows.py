"""Programs come in by OAuth on the real server with two processes: the SDK's own client by a
browser, a command line by a code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest
from django.test import Client as Browser
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from signals_cli.login import device
from signals_cli.profiles import Profile

from teams.models import Membership, Project
from tests.api.mcp.calling import text_of
from tests.server import WebServer, wait_until
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.slow

BACK = "http://127.0.0.1:3456/callback"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def person(server: WebServer, project: Project) -> Iterator[Person]:
    made = Person(server, project)
    yield made
    made.http.close()


@pytest.fixture
def server(database_url: str) -> Iterator[WebServer]:
    with WebServer(database_url, workers=2) as started:
        yield started


class Person:
    """Somebody with a browser who is signed in at the server."""

    def __init__(self, server: WebServer, project: Project, role: str = "member") -> None:
        self.user = member(project, role)
        signed_in = Browser()
        signed_in.force_login(self.user)
        cookies = {"sessionid": signed_in.cookies["sessionid"].value}
        self.http = httpx2.Client(base_url=server.url, cookies=cookies, timeout=30)

    def answer(self, url: str, **chosen: Any) -> httpx2.Response:
        """Open a page with a form, and send the form with these choices."""
        page = self.http.get(url)
        assert page.status_code == 200, page.text
        hidden = dict(
            re.findall(r'name="(csrfmiddlewaretoken|request)" value="([^"]*)"', page.text)
        )
        hidden = {name: value.replace("&quot;", '"') for name, value in hidden.items()}
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text, re.DOTALL)
        assert action
        headers = {"Referer": url, "Origin": str(self.http.base_url).rstrip("/")}
        return self.http.post(action[1], data=hidden | chosen, headers=headers)


class Storage:
    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


def connect(url: str, person: Person, **chosen: Any) -> tuple[list[str], str]:
    """Connect as the SDK's client does, and return the tools that it lists, and whoami."""
    storage, came_back = Storage(), {}

    async def redirect(address: str) -> None:
        answered = await anyio.to_thread.run_sync(lambda: person.answer(address, **chosen))
        assert answered.status_code == 302, answered.text
        assert answered.headers["location"].startswith(BACK)
        came_back.update(parse_qs(urlsplit(answered.headers["location"]).query))

    async def callback() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=came_back["code"][0], state=came_back["state"][0])

    metadata = OAuthClientMetadata(client_name="SDK", redirect_uris=[BACK])  # type: ignore[list-item]
    provider = OAuthClientProvider(url, metadata, storage, redirect, callback)

    async def story() -> tuple[list[str], str]:
        http = httpx2.AsyncClient(auth=provider, timeout=30)
        async with http, Client(streamable_http_client(url, http_client=http)) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            return tools, text_of(await client.call_tool("whoami", {}))

    return anyio.run(story)


def test_the_sdk_s_own_client_finds_its_way_in(
    server: WebServer, project: Project, person: Person
) -> None:
    chosen = {"action": "grant", "project": project.slug, "scopes": ["read", "write"]}
    tools, said = connect(f"{server.url}/mcp", person, **chosen)
    assert "create_signal" in tools
    assert "ada@example.org; you may read and write" in said


def test_a_person_lets_a_program_read_only_in_the_project_of_its_address(
    server: WebServer, project: Project, person: Person
) -> None:
    other = new_project("Other")
    Membership.objects.create(team=other.team, user=person.user, role="owner")
    chosen = {"action": "grant", "project": other.slug, "scopes": ["read"]}
    tools, said = connect(f"{server.url}/mcp/p/{other.slug}", person, **chosen)
    assert "create_signal" not in tools
    assert f"Project: Other ({other.slug})" in said


def test_a_program_that_has_no_token_is_shown_where_to_get_one(server: WebServer) -> None:
    refused = httpx2.post(f"{server.url}/mcp", json={})
    pointer = refused.headers["www-authenticate"]
    where = re.search(r'resource_metadata="([^"]+)"', pointer)
    assert (refused.status_code, bool(where)) == (401, True)
    assert where
    about = httpx2.get(where[1]).json()
    assert about["resource"] == f"{server.url}/mcp"
    assert about["authorization_servers"] == [server.url]
    for path in ("oauth-authorization-server", "openid-configuration"):
        provider = httpx2.get(f"{server.url}/.well-known/{path}").json()
        assert provider["issuer"] == server.url
        assert provider["scopes_supported"] == ["openid", "email", "read", "write"]


def test_a_command_line_comes_in_by_a_code_that_a_person_confirms(
    server: WebServer, project: Project, person: Person
) -> None:
    form = {"client_id": "signals-cli", "scope": "read write"}
    asked = httpx2.post(f"{server.url}/identity/o/api/device/code", data=form).json()
    assert asked["verification_uri"].startswith(server.url)
    poll = {"grant_type": DEVICE, "client_id": "signals-cli", "device_code": asked["device_code"]}
    where = f"{server.url}/identity/o/api/token"
    assert httpx2.post(where, data=poll).json()["error"] == "authorization_pending"
    address = f"/identity/o/device?code={asked['user_code']}"
    done = person.answer(address, action="confirm", project=project.slug)
    assert "Signals command line is in" in done.text
    anyio.run(anyio.sleep, 5.1)  # the pace that the server asks for
    token = httpx2.post(where, data=poll).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = httpx2.get(f"{server.url}/api/v1/me", headers=headers).json()
    assert (me["user"], me["rights"], me["project"]["slug"]) == (
        "ada@example.org", "write", project.slug,
    )  # fmt: skip
    again = {"grant_type": "refresh_token", "client_id": "signals-cli"}
    fresh = httpx2.post(where, data=again | {"refresh_token": token["refresh_token"]}).json()
    headers = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert httpx2.get(f"{server.url}/api/v1/me", headers=headers).json()["rights"] == "write"


def test_signals_auth_login_gets_its_token(
    server: WebServer, project: Project, person: Person
) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(1) as threads:
        profile = Profile("", server.url)
        waiting = threads.submit(
            device.signed_in, profile, "read write", said.append, opens_browser=False
        )
        wait_until(lambda: bool(said) or waiting.done(), 30, "the code is shown")
        code = said[0].rpartition(" ")[2].rstrip(".")
        chosen = {"action": "confirm", "project": project.slug}
        person.answer(f"/identity/o/device?code={code}", **chosen)
        headers = {"Authorization": f"Bearer {waiting.result(timeout=30).secret}"}
    me = httpx2.get(f"{server.url}/api/v1/me", headers=headers).json()
    assert (me["user"], me["rights"]) == ("ada@example.org", "write")


def test_a_code_is_not_confirmed_without_the_page_s_own_form(
    server: WebServer, project: Project, person: Person
) -> None:
    form = {"client_id": "signals-cli", "scope": "read write"}
    asked = httpx2.post(f"{server.url}/identity/o/api/device/code", data=form).json()
    address = f"/identity/o/device?code={asked['user_code']}"
    forged = {"action": "confirm", "project": project.slug}
    assert person.http.post(address, data=forged).status_code == 403


HARMFUL: list[Any] = [
    {"redirect_uris": ["javascript:alert(1)"]},
    {"redirect_uris": ["http://evil.example/back"]},
    {"redirect_uris": ["https://x.example/\x00"]},
    {"redirect_uris": ["https://x.example/"] * 11},
    {"redirect_uris": ["https://x.example/"], "grant_types": ["client_credentials"]},
    {"redirect_uris": ["https://x.example/"], "response_types": ["token"]},
    {"redirect_uris": []},
    [],
    "\x00",
]


def test_a_program_that_would_do_harm_cannot_register(server: WebServer) -> None:
    for wanted in HARMFUL:
        answer = httpx2.post(f"{server.url}/identity/o/api/clients", json=wanted)
        assert answer.status_code == 400, wanted


NONSENSE: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "/identity/o/api/token", {"grant_type": "authorization_code", "code": "\x00"}),
    ("POST", "/identity/o/api/token", {"client_id": "\x00", "grant_type": DEVICE}),
    ("POST", "/identity/o/api/token", {"resource": "nonsense"}),
    ("POST", "/identity/o/api/token", {"resource": "https://elsewhere.example/mcp"}),
    ("POST", "/identity/o/api/token", {}),
    ("POST", "/identity/o/api/device/code", {"client_id": "nobody"}),
    ("POST", "/identity/o/api/device/code", {}),
    ("POST", "/identity/o/api/device/code", {"client_id": "signals-cli", "resource": "x"}),
    ("POST", "/identity/o/api/revoke", {"token": "\x00"}),
    ("POST", "/identity/o/api/revoke", {}),
    ("GET", "/identity/o/api/userinfo", {}),
]


def test_nonsense_is_refused_without_a_fault(server: WebServer) -> None:
    for method, path, data in NONSENSE:
        answer = httpx2.request(method, server.url + path, data=data)
        assert 400 <= answer.status_code < 500, (path, data, answer.text)
