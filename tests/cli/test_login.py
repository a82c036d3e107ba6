"""Signing in as a person by a code that is confirmed in the browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.cli.fake_rest import CommandLine, FakeRest, page
from tests.fake_webhook import Answer, Request, told

CODE: dict[str, Any] = {
    "device_code": "d1",
    "user_code": "ABCD-EFGH",
    "verification_uri": "http://127.0.0.1/device",
    "interval": 1,
    "expires_in": 30,
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _s: None)


def offered(rest: FakeRest, *tokens: Answer) -> None:
    left = list(tokens)

    def answer(request: Request) -> Answer:
        if request.path == "/identity/o/api/device/code":
            return told(**CODE)
        if request.path == "/identity/o/api/token":
            assert parse_qs(request.body.decode())["device_code"] == ["d1"]
            return left.pop(0)
        if request.path.startswith("/api/v1/signals"):
            return told(**page())
        return Answer(404)

    rest.answer = answer


def test_a_confirmed_code_becomes_a_token(
    rest: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offered(rest, told(400, error="authorization_pending"), told(access_token="t1"))
    answered = signals("auth", "login", "--no-browser")
    assert answered.code == 0
    assert "ABCD-EFGH" in answered.err
    bare.delenv("SIGNALS_API_KEY")
    assert signals("list").code == 0
    assert rest.requests[-1].headers["authorization"] == "Bearer t1"


def test_a_refused_code_signs_nobody_in(
    rest: FakeRest, signals: CommandLine, tmp_path: Path
) -> None:
    offered(rest, told(400, error="access_denied", error_description="You said no."))
    answered = signals("auth", "login", "--no-browser")
    assert (answered.code, answered.err.splitlines()[-1]) == (3, "signals: You said no.")
    assert not (tmp_path / "config" / "signals" / "config.json").exists()


def test_a_server_without_it_says_so(rest: FakeRest, signals: CommandLine) -> None:
    answered = signals("auth", "login", "--no-browser")
    assert answered.code == 3
    assert "set-key" in answered.err


def test_the_server_may_say_where_it_asks(rest: FakeRest, signals: CommandLine) -> None:
    root = rest.url.rstrip("/")
    said = {
        "device_authorization_endpoint": f"{root}/there/code",
        "token_endpoint": f"{root}/there/token",
        "registration_endpoint": f"{root}/there/register",
    }
    routes: dict[str, dict[str, Any]] = {
        "/.well-known/openid-configuration": said,
        "/there/register": {"client_id": "c1"},
        "/there/code": CODE,
        "/there/token": {"access_token": "t1"},
    }
    rest.answer = lambda request: told(**routes[request.path])
    assert signals("auth", "login", "--no-browser").code == 0
    registered = json.loads(rest.requests[1].body)
    assert registered["token_endpoint_auth_method"] == "none"
    assert parse_qs(rest.requests[-1].body.decode())["client_id"] == ["c1"]
