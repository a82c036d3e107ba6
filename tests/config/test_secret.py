"""Keys that nobody chose are made once, for their owner alone."""

from __future__ import annotations

import secrets
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from config import secret


def test_processes_that_begin_at_once_share_one_private_key(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(4) as threads:
        keys = set(threads.map(lambda _n: secret.stored_rsa_key(folder), range(4)))
    assert len(keys) == 1
    key = load_pem_private_key(keys.pop().encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    assert key.key_size == 2048
    assert [path.name for path in folder.iterdir()] == ["oidc_key.pem"]
    assert stat.S_IMODE((folder / "oidc_key.pem").stat().st_mode) == 0o600


def test_processes_that_begin_at_once_share_one_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one that looks before the first has written must not take an empty key."""
    made = secrets.token_urlsafe

    def slowly(size: int) -> str:
        time.sleep(0.2)
        return made(size)

    monkeypatch.setattr(secrets, "token_urlsafe", slowly)
    folder = tmp_path / "data"
    with ThreadPoolExecutor(4) as threads:
        keys = set(threads.map(lambda _n: secret.stored_key(folder), range(4)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
