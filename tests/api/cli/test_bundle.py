"""The command line as one file that the server gives away."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from api.cli import bundle, clients


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path / "data"
    bundle.content.cache_clear()
    yield
    bundle.content.cache_clear()


def test_everybody_may_fetch_it(client: Client) -> None:
    response = client.get("/cli/signals.pyz")
    assert response.status_code == 200
    assert response.content == bundle.content()
    assert response.content.startswith(b"#!/usr/bin/env python3\n")


def test_who_has_it_is_told_so(client: Client) -> None:
    etag = client.get("/cli/signals.pyz")["ETag"]
    again = client.get("/cli/signals.pyz", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_server_that_cannot_pack_it_says_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "WORKS_WITHOUT", frozenset())
    response = client.get("/cli/signals.pyz")
    assert response.status_code == 503
    assert "PyYAML is compiled" in response.content.decode()


def test_it_may_be_read_alone(client: Client) -> None:
    assert client.post("/cli/signals.pyz").status_code == 405


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a.pyz", tmp_path / "b.pyz"
    bundle.build(first)
    for kept in (tmp_path / "data" / "cli").iterdir():
        kept.unlink()
    bundle.content.cache_clear()
    bundle.build(second)
    assert first.read_bytes() == second.read_bytes()


def test_it_is_kept_for_the_next_process(monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle.content()
    bundle.content.cache_clear()
    monkeypatch.setattr(bundle, "_packed", lambda _digest: b"anew")
    assert bundle.content() == made


def test_it_is_pure_and_small(tmp_path: Path) -> None:
    target = tmp_path / "signals.pyz"
    bundle.build(target)
    assert target.stat().st_size < 2_000_000
    with zipfile.ZipFile(target) as packed:
        names = packed.namelist()
    assert [name for name in names if name.endswith(bundle.COMPILED)] == []
    assert {"signals_cli/app.py", "typer/main.py", "httpx2/_client.py", "yaml/__init__.py"} <= {
        *names
    }


def test_an_installation_takes_at_most_15_mb() -> None:
    """Without pip, and before Python compiles what is imported."""
    sizes = {
        found.name: sum(
            Path(str(file.locate())).stat().st_size
            for file in found.files or ()
            if file.suffix != ".pyc" and ".." not in file.parts
        )
        for found in bundle.distributions(frozenset())
    }
    assert sum(sizes.values()) < 15_000_000, sizes


def test_what_is_compiled_cannot_be_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "WORKS_WITHOUT", frozenset())
    with pytest.raises(bundle.CannotBundle, match="PyYAML is compiled"):
        bundle._packed("x")


@pytest.mark.slow
def test_it_runs_with_no_packages_but_its_own(tmp_path: Path) -> None:
    target = tmp_path / "signals.pyz"
    bundle.build(target)
    (tmp_path / "file.yaml").write_text("signals: [{name: a}]")
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SIGNALS_API_KEY": "k"}
    environment["SIGNALS_URL"] = "http://127.0.0.1:1"

    def run(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(target), *words],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    for _unpacked_already in (False, True):
        assert run("--version") == (0, "signals 0.1.0\n", "")
    assert run("list")[0] == 7
    assert "`agent` is missing" in run("apply", "-f", "file.yaml")[2]


@pytest.mark.parametrize(
    ("agent", "is_too_old"),
    [
        ("signals-cli/0.0.9", True),
        ("signals-cli/0.1.0", False),
        ("signals-cli/1.0.0", False),
        ("curl/8.0", False),
        ("", False),
    ],
)
def test_a_command_line_that_is_too_old_is_told_where_to_fetch_it(
    agent: str, is_too_old: bool
) -> None:
    said = clients.why_too_old(agent, "https://signals.test")
    assert ("https://signals.test/cli/signals.pyz" in said) == is_too_old


@pytest.mark.django_db
def test_rest_refuses_a_command_line_that_is_too_old(client: Client) -> None:
    response = client.get("/api/v1/me", headers={"User-Agent": "signals-cli/0.0.1"})
    assert (response.status_code, response.json()["code"]) == (400, "client_too_old")
