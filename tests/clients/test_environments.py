"""Where genuine clients are installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clients import environments


def test_environments_that_nobody_used_for_a_month_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    now = 2_000_000_000.0
    for name, age_days in (("old-1", 31), ("new-1", 29)):
        (environments.cache() / name).mkdir(parents=True)
        os.utime(environments.cache() / name, (now, now - age_days * 86_400))
    environments.remove_old(now)
    assert [folder.name for folder in environments.cache().iterdir()] == ["new-1"]
