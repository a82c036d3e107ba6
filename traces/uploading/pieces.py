"""A file as pieces of bytes, inflated where it is gzip. Bounded, whatever its size."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol, runtime_checkable

from traces.otlp.inflating import GZIP

PIECE_BYTES = 256 * 1024
MAGIC = b"\x1f\x8b"


@runtime_checkable
class Readable(Protocol):
    """A file, or what reads like one."""

    def read(self, size: int, /) -> bytes: ...


class Unreadable(Exception):
    """From here on the file cannot be read; the message is a sentence that says why."""


def pieces_of(content: Iterable[bytes] | Readable) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces, none of them empty. Raises Unreadable for broken gzip.

    content: a file, or its pieces in their order, cut wherever it may be.
    """
    pieces = _read(content) if isinstance(content, Readable) else _cut(content)
    first = next(pieces, b"")
    while len(first) < len(MAGIC) and (more := next(pieces, b"")):
        first += more
    if not first:
        return iter(())
    whole = chain((first,), pieces)
    return _inflated(whole) if first.startswith(MAGIC) else whole


def _read(file: Readable) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), PIECE_BYTES):
            yield piece[start : start + PIECE_BYTES]


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(GZIP)
    try:
        for piece in pieces:
            while piece:
                if plain := stream.decompress(piece, PIECE_BYTES):
                    yield plain
                piece = stream.unconsumed_tail
                if stream.eof:  # several members in a row are one file (RFC 1952)
                    piece = stream.unused_data.lstrip(b"\0")
                    stream = zlib.decompressobj(GZIP)
                    if not piece:
                        piece = next(pieces, b"").lstrip(b"\0")
                        if not piece:
                            return
            while plain := stream.decompress(b"", PIECE_BYTES):
                yield plain
    except zlib.error as error:
        raise Unreadable(f"The file is broken gzip from here on ({error}).") from error
    if not stream.eof:
        raise Unreadable("The file is gzip that ends too early: what follows is lost.")
