"""Signing in as a person by a code that is confirmed in the browser."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
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
    hurry = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda _s: None)
    monkeypatch.setattr("signals_cli.login.device.time", hurry)


def offered(rest: FakeRest, *tokens: Answer) -> None:
    left = list(tokens)

    def answer(request: Request) -> Answer:
        if request.path == "/identity/o/api/device/code":
            return told(**CODE)
        if request.path == "/identity/o/api/token":
            return left.pop(0)
        if request.path.startswith("/api/v1/signals"):
            return told(**page())
        if request.path.startswith("/api/v1/me"):
            return told(project={"name": "Shop", "slug": "shop"})
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


def test_a_token_is_renewed_before_it_is_over(
    rest: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    offered(
        rest,
        told(access_token="t1", refresh_token="r1", expires_in=59),
        told(access_token="t2", refresh_token="r2", expires_in=3600),
    )
    signals("auth", "login", "--no-browser", "--read-only")
    asked = parse_qs(rest.requests[0].body.decode())
    assert (asked["client_id"], asked["scope"]) == (["signals-cli"], ["read"])
    bare.delenv("SIGNALS_API_KEY")
    for _ in range(2):
        assert signals("list").code == 0
        assert rest.requests[-1].headers["authorization"] == "Bearer t2"
    form = parse_qs(
        [each for each in rest.requests if each.path.endswith("/token")][-1].body.decode()
    )
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], ["r1"])


def test_whoever_was_signed_out_signs_in_again(
    rest: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    over = told(access_token="t1", refresh_token="r1", expires_in=1)
    offered(rest, over, told(400, error="invalid_grant"))
    answered = signals("auth", "login", "--no-browser")
    assert answered.code == 3
    assert "signals auth login" in answered.err
