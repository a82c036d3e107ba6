"""Tokens of leases that tell which process holds them, so that nobody waits for a dead one.

A token is a UUID: 24 bits of the machine, 24 of the process's number, 32 of the second in which it
began, and 48 at random. A lease still has an end, for holders on machines that are gone.
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

#: What the system says about a start may shift with its clock.
CLOCK_SHIFT_S = 5


def new_token() -> UUID:
    """Return a token that no other call returns, on behalf of this process."""
    pid = os.getpid()
    began = int(psutil.Process(pid).create_time())
    holder = _machine() << 56 | (pid & 0xFFFFFF) << 32 | (began & 0xFFFFFFFF)
    return UUID(int=holder << 48 | secrets.randbits(48))


def is_dead(token: UUID) -> bool:
    """Say whether the process that made the token was one of this machine and is gone."""
    machine, pid = token.int >> 104, token.int >> 80 & 0xFFFFFF
    return machine == _machine() and not _runs(pid, token.int >> 48 & 0xFFFFFFFF)


def _runs(pid: int, began: int) -> bool:
    try:
        process = psutil.Process(pid)
        is_same = abs(int(process.create_time()) - began) <= CLOCK_SHIFT_S
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@cache
def _machine() -> int:
    """Return a number for what shares one table of processes: a machine, or a container on it."""
    names = [socket.gethostname()]
    with suppress(OSError):
        names.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        names.append(str(Path("/proc/self/ns/pid").readlink()))
    return int.from_bytes(hashlib.sha256(" ".join(names).encode()).digest()[:3], "big")
