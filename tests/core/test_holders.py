"""A token of a lease tells whether the process that made it is still there."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID, uuid4

import pytest

from core.background import holders

MAKE_TOKEN = "from core.background import holders; print(holders.new_token())"


def token_of_a_process_that_ended() -> UUID:
    words = [sys.executable, "-c", MAKE_TOKEN]
    return UUID(subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip())


def test_a_process_that_runs_is_not_dead_and_makes_no_token_twice() -> None:
    first, second = holders.new_token(), holders.new_token()
    assert first != second
    assert not holders.is_dead(first)
    assert not holders.is_dead(second)


def test_a_process_that_ended_is_dead() -> None:
    assert holders.is_dead(token_of_a_process_that_ended())


def test_another_process_with_the_same_number_does_not_hide_a_death() -> None:
    earlier = UUID(int=holders.new_token().int - (1000 << 48))  # began 1000 s before us
    assert holders.is_dead(earlier)


def test_nothing_is_known_of_processes_on_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "_machine", lambda: 1)
    elsewhere = holders.new_token()
    monkeypatch.undo()
    assert not holders.is_dead(elsewhere)
    assert not holders.is_dead(uuid4())
