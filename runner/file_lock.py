"""A lock on a file that ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Held(Exception):
    """Another process holds the lock; `pid` is 0 if it did not write its own."""

    def __init__(self, path: Path, pid: int) -> None:
        super().__init__(f"{path} is held by process {pid or 'unknown'}")
        self.pid = pid


class FileLock:
    """`take()` raises Held at once; `release()` may be called twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_ours(self) -> bool:
        return self._descriptor is not None

    def take(self) -> None:
        """Take the lock, or raise Held at once if another process has it."""
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.read(descriptor, 32).strip()
            os.close(descriptor)
            raise Held(self.path, int(written) if written.isdigit() else 0) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back.

        The file stays: removing it would let two processes hold two files of one name.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def held_by(path: Path) -> int:
    """Return the process that holds the lock on a file; 0 if none does, or it is not known."""
    lock = FileLock(path)
    if not path.exists():
        return 0
    try:
        lock.take()
    except Held as held:
        return held.pid
    lock.release()
    return 0
