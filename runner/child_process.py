"""A child process in a group of its own, which ends when we do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from runner import die_with_parent

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"


def manage(*arguments: str) -> list[str]:
    """Return the command line of one of this project's own commands, with its arguments."""
    return [sys.executable, str(MANAGE), *arguments]


class Child:
    """Started by `start()`; `stop()` leaves nothing of its group, however it ended.

    `on_our_death` is what the child gets if we are killed: SIGTERM if it knows how to
    stop its own children. `files` are open files that it gets under the same numbers.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        environment: Mapping[str, str] | None = None,
        on_our_death: signal.Signals = signal.SIGTERM,
        output: IO[bytes] | int | None = None,
        files: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self.command = command
        self.environment = dict(environment or {})
        self.on_our_death = on_our_death
        self.output = output
        self.files = files
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the process and of its group; 0 before the start."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the process, in a session and a group of its own."""
        self._process = subprocess.Popen(
            die_with_parent.wrap(self.command, self.on_our_death),
            stdin=subprocess.DEVNULL,
            # Standard output is for the sign-in link alone.
            stdout=sys.stderr.fileno() if self.output is None else self.output,
            stderr=self.output,
            env=os.environ | self.environment,
            start_new_session=True,
            pass_fds=self.files,
        )
        self.started_at = time.monotonic()

    def has_ended(self) -> bool:
        """Say whether the process is not there: it never began, or it has ended."""
        return self._process is None or self._process.poll() is not None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the first process alone: it knows in which order the others stop."""
        if self._process is not None and not self.has_ended():
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to whatever is left of the group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self, patience_s: float) -> None:
        """Ask the process to stop, and kill the group when `patience_s` is over."""
        self.ask_to_stop()
        self.wait(patience_s)
        self.kill()

    def wait(self, patience_s: float) -> None:
        """Wait until the first process has ended, or for `patience_s` seconds."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(patience_s, 0))
