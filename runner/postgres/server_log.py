"""The embedded server's log: its owner's alone, and never endless."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO

LIMIT_BYTES = 10 * 1024 * 1024


def opened(path: Path) -> IO[bytes]:
    """Return the log, open for appending, readable and writable by its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "ab")


def bound(path: Path) -> None:
    """Keep a copy of a log that is longer than LIMIT_BYTES as `.log.old`, and begin it anew.

    The server goes on writing to the file that it has, always at its end.
    """
    with suppress(FileNotFoundError):
        if path.stat().st_size <= LIMIT_BYTES:
            return
        old = path.with_suffix(".log.old")
        with path.open("rb") as full, opened(old) as kept:
            os.ftruncate(kept.fileno(), 0)
            shutil.copyfileobj(full, kept)
        os.truncate(path, 0)
