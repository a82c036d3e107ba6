"""Files: read in pieces, and written so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from signals_cli.errors import Failed, WrongValue

PIECE = 256 * 1024
GZIP = b"\x1f\x8b"

Format = Literal["otlp-json-lines", "otlp-protobuf", "flat"]


@contextmanager
def opened(name: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """Give a file, or standard input for `-`, with its size; gzip is unpacked on the way."""
    if name == "-":
        yield _unpacked(sys.stdin.buffer), None
        return
    path = Path(name)
    try:
        file = path.open("rb")
        size = path.stat().st_size if path.is_file() else None
    except OSError as error:
        raise WrongValue(f"FILE: {name} cannot be read: {error.strerror}.") from None
    with file:
        yield _unpacked(file), size


def _unpacked(file: Any) -> IO[bytes]:
    return gzip.open(file) if file.peek(2)[:2] == GZIP else file  # type: ignore[return-value]


def format_of(name: str, head: bytes) -> Format:
    """Return what the file holds, by its first line."""
    text = head.lstrip()
    if not text.startswith(b"{"):
        return "otlp-protobuf"
    line = text.split(b"\n", 1)[0]
    try:
        said = json.loads(line)
    except ValueError:
        # A line longer than what was looked at, or not JSON: the server names the line.
        return "otlp-json-lines" if b'"resourceSpans"' in line else "flat"
    if "resourceSpans" in said or "resource_spans" in said:
        return "otlp-json-lines"
    if "trace_id" in said and "span_id" in said:
        return "flat"
    raise WrongValue(f"FILE: {name} holds neither OTLP nor spans; give --format.")


def pieces(file: IO[bytes], head: bytes, told: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the file from its beginning, and tell how many bytes of it are gone."""
    piece = head
    while piece:
        yield piece
        told(_place(file))
        try:
            piece = file.read(PIECE)
        except (OSError, EOFError) as error:
            raise Failed(f"The file broke off: {error}") from None


def _place(file: IO[bytes]) -> int:
    """Return how many bytes of the file on the disk were read."""
    inner: Any = getattr(file, "fileobj", file) if isinstance(file, gzip.GzipFile) else file
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return int(inner.tell())
    return 0


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
