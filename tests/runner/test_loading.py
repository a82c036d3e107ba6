"""A program that loads does not look for garbage meanwhile, and does so afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys

from runner import loading
from runner.child_process import manage

LOOK = "import gc; print('looks:', gc.isenabled(), gc.get_freeze_count() > 100_000)"


def test_a_command_looks_for_garbage_again_once_it_is_loaded() -> None:
    command = [sys.executable, "-W", "ignore", *manage("shell", "-v0", "-c", LOOK)[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "looks: True True"


def test_nothing_is_looked_at_while_loading() -> None:
    try:
        with loading.uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()
    finally:
        gc.unfreeze()
