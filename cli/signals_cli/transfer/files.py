"""Files: read in pieces, and written so that nobody ever sees half of one."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from signals_cli.errors import WrongValue

PIECE = 256 * 1024


@contextmanager
def opened(name: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """Give a file, or standard input for `-`, with its size where that is known."""
    if name == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(name)
    try:
        file = path.open("rb")
        size = path.stat().st_size if path.is_file() else None
    except OSError as error:
        raise WrongValue(f"FILE: {name} cannot be read: {error.strerror}.") from None
    with file:
        yield file, size


def pieces(file: IO[bytes], told: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a file from its beginning, and tell how many bytes of it are gone."""
    done = 0
    while piece := file.read(PIECE):
        yield piece
        done += len(piece)
        told(done)


@contextmanager
def written(path: Path | None) -> Iterator[IO[bytes]]:
    """Give a file to write, or standard output for None.

    The file appears under its name when all is written; its name may end in .gz.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise WrongValue(f"--output: {path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=file, mode="wb", filename="") as packed:
                    yield packed  # type: ignore[misc]
            else:
                yield file
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
