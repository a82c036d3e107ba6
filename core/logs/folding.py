"""Lines of one kind are written once a minute by all processes together, with how many were not.

The processes of one program share a small file (`begin` names it in the environment): a database
that is away is one fact, not one for each of twenty processes. It is written in place, so that a
full disk does not matter. Without the file each process folds for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

EVERY_S: Final = 60.0
VARIABLE: Final = "SIGNALS_LOG_FOLDS"
NAME: Final = "log.folds"

#: A kind's digest, when it was written last (monotonic, which is one clock for the machine), and
#: how many were not written since.
_ROW: Final = struct.Struct("=qdq")
_ROWS: Final = 509
_TRIED: Final = 8
_SIZE: Final = _ROW.size * _ROWS


def begin(folder: Path) -> None:
    """Let this process and those that it starts from here on fold their lines together."""
    path = folder / NAME
    with suppress(OSError):  # a folder that cannot be written to has other troubles
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(_SIZE))
        os.environ[VARIABLE] = str(path)


class Folds:
    """What was written lately. Safe to share between processes; a handler's lock guards threads."""

    def __init__(self, path: str = "") -> None:
        self._file = _opened(path)
        self._own = bytearray(_SIZE)

    def take(self, kind: str, now: float | None = None) -> tuple[bool, int]:
        """Say whether a line of that kind is to be written, and how many before it were not.

        now: in monotonic seconds.
        """
        moment = time.monotonic() if now is None else now
        digest = int.from_bytes(hashlib.sha256(kind.encode()).digest()[:8], "big", signed=True)
        with self._locked():
            place = self._place_of(digest, moment)
            if place is None:
                return True, 0
            known, last, silent = self._read(place)
            if known == digest and last <= moment < last + EVERY_S:
                self._write(place, digest, last, silent + 1)
                return False, 0
            self._write(place, digest, moment, 0)
            return True, silent if known == digest else 0

    def _place_of(self, digest: int, now: float) -> int | None:
        """Return the row of a kind, or one that nobody needs any more; None without either."""
        places = [(digest + step) % _ROWS for step in range(_TRIED)]
        rows = {place: self._read(place) for place in places}
        for place, row in rows.items():
            if row[0] == digest:
                return place
        # A kind that is silent for so long may lose its count of lines that were not written.
        for place, (known, last, _silent) in rows.items():
            if not known or not last <= now < last + 2 * EVERY_S:
                return place
        return None

    def _read(self, place: int) -> tuple[int, float, int]:
        at = place * _ROW.size
        if self._file is None:
            return _ROW.unpack_from(self._own, at)
        written = os.pread(self._file, _ROW.size, at)
        return _ROW.unpack(written) if len(written) == _ROW.size else (0, 0.0, 0)

    def _write(self, place: int, digest: int, last: float, silent: int) -> None:
        at, row = place * _ROW.size, _ROW.pack(digest, last, silent)
        if self._file is None:
            self._own[at : at + _ROW.size] = row
        else:
            os.pwrite(self._file, row, at)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


def _opened(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC) if path else None
    except OSError:
        return None
