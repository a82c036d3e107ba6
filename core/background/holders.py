"""Tokens of leases that tell which process holds them, so that nobody waits for a dead one.

A token is a UUID: 24 bits of the machine, 24 of the process's number, 32 of when it began, and
48 at random. A lease still has an end, for holders on machines that are gone.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import UUID

import psutil

#: Where the system counts from 1970, what it says about a start may shift with its clock.
CLOCK_SHIFT_S = 5


def new_token() -> UUID:
    """Return a token that no other call returns, on behalf of this process."""
    pid = os.getpid()
    began = _began(psutil.Process(pid))
    holder = _machine() << 56 | (pid & 0xFFFFFF) << 32 | (began & 0xFFFFFFFF)
    return UUID(int=holder << 48 | secrets.randbits(48))


def is_dead(token: UUID) -> bool:
    """Say whether the process that made the token was one of this machine and is gone."""
    machine, pid = token.int >> 104, token.int >> 80 & 0xFFFFFF
    return machine == _machine() and not _runs(pid, token.int >> 48 & 0xFFFFFFFF)


def _runs(pid: int, began: int) -> bool:
    try:
        process = psutil.Process(pid)
        is_same = abs((_began(process) & 0xFFFFFFFF) - began) <= CLOCK_SHIFT_S
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _began(process: psutil.Process) -> int:
    """Return the second in which a process began: since the start of the machine where the system
    tells it so, since a clock that is set would make all of them others."""
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
    except OSError:
        return int(process.create_time())
    # The name of the program may hold spaces; the start is the 20th word behind it (proc(5)).
    return int(stat.rpartition(")")[2].split()[19]) // os.sysconf("SC_CLK_TCK")


@cache
def _machine() -> int:
    """Return a number for what shares one table of processes: a machine, or a container on it."""
    names = [socket.gethostname()]
    with suppress(OSError):
        names.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        names.append(str(Path("/proc/self/ns/pid").readlink()))
    return int.from_bytes(hashlib.sha256(" ".join(names).encode()).digest()[:3], "big")
