from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fake_rest import SECRET, CommandLine, FakeRest


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which nothing is set up yet."""
    for name in ("URL", "API_KEY", "PROFILE", "PROJECT"):
        monkeypatch.delenv(f"SIGNALS_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return monkeypatch


@pytest.fixture
def rest(bare: pytest.MonkeyPatch) -> Iterator[FakeRest]:
    """A server that commands speak to, with a key that opens it."""
    with FakeRest() as server:
        bare.setenv("SIGNALS_URL", server.url)
        bare.setenv("SIGNALS_API_KEY", SECRET)
        yield server


@pytest.fixture
def signals(capsys: pytest.CaptureFixture[str], bare: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(capsys, bare)
