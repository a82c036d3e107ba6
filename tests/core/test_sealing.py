from __future__ import annotations

from typing import Any

import pytest

from core import sealing


def test_a_secret_comes_back_and_does_not_stand_in_what_is_stored() -> None:
    sealed = sealing.seal("xoxb-secret")
    assert b"xoxb" not in sealed
    assert sealing.unseal(memoryview(sealed)) == "xoxb-secret"


def test_another_key_opens_nothing(settings: Any) -> None:
    sealed = sealing.seal("xoxb-secret")
    settings.ENCRYPTION_KEY = "another"
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(sealed)


def test_a_damaged_secret_is_said_to_be_unreadable() -> None:
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(b"not sealed")
