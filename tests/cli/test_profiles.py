"""Which server is asked, with which key, and who may read where the key is kept."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.fake_rest import SECRET, CommandLine, FakeRest, page, query

ME = {"project": {"name": "Shop", "slug": "shop"}, "rights": "write"}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "config" / "signals" / "config.json"


@pytest.fixture
def server(rest: FakeRest, bare: pytest.MonkeyPatch) -> FakeRest:
    """A server that nothing in the environment points to."""
    bare.delenv("SIGNALS_URL")
    bare.delenv("SIGNALS_API_KEY")
    rest.on("GET", "/me", ME)
    rest.on("GET", "/signals", page())
    return rest


def key_of(server: FakeRest) -> str:
    return server.requests[-1].headers["authorization"].removeprefix("Bearer ")


def test_a_key_is_kept_where_only_its_owner_reads(
    server: FakeRest, signals: CommandLine, kept: Path
) -> None:
    answered = signals("auth", "set-key", "-", "--url", server.url, given=SECRET.encode() + b"\n")
    assert answered.code == 0
    assert "Shop" in answered.out
    assert SECRET not in answered.out + answered.err
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert signals("list").code == 0
    assert key_of(server) == SECRET


def test_a_key_that_opens_nothing_is_not_kept(
    server: FakeRest, signals: CommandLine, kept: Path
) -> None:
    server.on("GET", "/me", {"status": 401, "code": "unauthenticated", "message": "Unknown."})
    assert signals("auth", "set-key", SECRET, "--url", server.url).code == 3
    assert not kept.exists()


def test_several_servers_are_kept_by_name(
    server: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        signals("auth", "set-key", f"sk-{name}", "--url", server.url, "--profile", name)
    signals("list")
    assert key_of(server) == "sk-two"
    signals("list", "--profile", "one")
    assert key_of(server) == "sk-one"
    bare.setenv("SIGNALS_PROFILE", "one")
    signals("list")
    assert key_of(server) == "sk-one"
    bare.delenv("SIGNALS_PROFILE")
    assert signals("auth", "use", "one").code == 0
    signals("list")
    assert key_of(server) == "sk-one"


def test_the_environment_goes_before_the_file(
    server: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    signals("auth", "set-key", "sk-of-the-file", "--url", server.url)
    bare.setenv("SIGNALS_URL", server.url)
    bare.setenv("SIGNALS_API_KEY", "sk-of-the-environment")
    signals("list")
    assert key_of(server) == "sk-of-the-environment"


def test_a_kept_key_goes_to_no_other_server(
    server: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    signals("auth", "set-key", SECRET, "--url", server.url)
    with FakeRest() as other:
        bare.setenv("SIGNALS_URL", other.url)
        assert signals("list").code == 3
        assert other.requests == []


def test_a_profile_that_is_not_there_is_named(server: FakeRest, signals: CommandLine) -> None:
    answered = signals("list", "--profile", "absent")
    assert answered.code == 2
    assert "'absent'" in answered.err


def test_a_file_that_is_broken_is_said(signals: CommandLine, kept: Path) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_text("{")
    answered = signals("list")
    assert answered.code == 2
    assert str(kept) in answered.err


def test_the_project_is_asked_for_where_a_person_asks(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page())
    signals("list", "--project", "shop")
    assert query(rest.requests[-1])["project"] == ["shop"]
    signals("list")
    assert "project" not in query(rest.requests[-1])


def test_status_shows_no_secret(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/me", ME)
    found = signals("auth", "status", "--json")
    assert found.json["opens"] is True
    assert SECRET not in found.out


def test_status_of_a_key_that_opens_nothing_fails(rest: FakeRest, signals: CommandLine) -> None:
    refused = {"status": 401, "code": "unauthenticated", "message": "The API key is not known."}
    rest.on("GET", "/me", refused)
    answered = signals("auth", "status", "--json")
    assert (answered.code, answered.json["opens"]) == (3, False)


def test_a_key_is_forgotten(server: FakeRest, signals: CommandLine, kept: Path) -> None:
    signals("auth", "set-key", SECRET, "--url", server.url)
    assert signals("auth", "logout").code == 0
    assert json.loads(kept.read_text())["profiles"] == {}
    assert signals("list").code == 3


@pytest.mark.parametrize("key", ["two words", "clé", "", "\x1b[2J"])
def test_what_is_no_key_is_refused(server: FakeRest, signals: CommandLine, key: str) -> None:
    assert signals("auth", "set-key", "-", given=key.encode()).code == 2
