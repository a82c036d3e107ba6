"""Runs a command that ends when its parent ends, even if that was killed with -9.

    python die_with_parent.py --parent PID --signal N [--user UID:GID] -- command...

On Linux the kernel sends the signal (PR_SET_PDEATHSIG) and the command takes this
process's place; elsewhere this process stays and watches. It imports nothing of the
project, and drops root's rights itself: the interpreter may lie where only root gets.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1


def wrap(
    command: list[str],
    on_death: signal.Signals = signal.SIGTERM,
    user: tuple[int, int] | None = None,
) -> list[str]:
    """Return the command line that runs `command` so that it ends with this process.

    on_death: the signal that it then gets. user: the account, as (uid, gid), if not ours.
    """
    drop = ["--user", f"{user[0]}:{user[1]}"] if user else []
    options = ["--parent", str(os.getpid()), "--signal", str(int(on_death)), *drop]
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *options, "--", *command]


def tie(parent: int, on_death: int) -> None:
    """Have the kernel send this process the signal when its parent dies; end if it is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, on_death, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def tie_forks() -> None:
    """Let every process that is forked from here on, at any depth, be killed with its parent."""
    forking = [0]

    def remember_parent() -> None:
        forking[0] = os.getpid()

    def tie_child() -> None:
        tie(forking[0], signal.SIGKILL)

    os.register_at_fork(before=remember_parent, after_in_child=tie_child)


def drop_rights(user: str) -> None:
    """Become another user for good; `user` is "uid:gid"."""
    uid, _, gid = user.partition(":")
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))


def watch(command: list[str], parent: int, on_death: int) -> int:
    """Run the command and look after the parent, where the kernel has no such signal."""
    child = subprocess.Popen(command, close_fds=False)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # sent to the group, meant for the command
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda got, _frame: child.send_signal(got))
    while child.poll() is None:
        if os.getppid() != parent:
            os.killpg(0, on_death)
            child.wait()
        time.sleep(0.3)
    return child.returncode


def main(arguments: list[str]) -> int:
    """Tie this process to its parent and become the command; return an exit code if it stays."""
    cut = arguments.index("--")
    given = dict(zip(arguments[:cut:2], arguments[1:cut:2], strict=True))
    command, parent, on_death = arguments[cut + 1 :], int(given["--parent"]), int(given["--signal"])
    if "--user" in given:
        drop_rights(given["--user"])
    if sys.platform == "linux":
        tie(parent, on_death)
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    return watch(command, parent, on_death)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
