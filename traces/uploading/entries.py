"""The entries of a file: its lines, or the messages of a protobuf file. Bounded by the largest.

A protobuf file is one of three: a single message, whose ResourceSpans become an entry each;
messages with their length before them in four bytes, the highest first, as the file exporter of
the collector writes them; or with their length as a varint, as protobuf's libraries do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from traces.uploading.pieces import Unreadable

#: The tag of field 1, of bytes: what a request and each of its files begins with.
FIELD_1: Final = 0x0A
LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A line or a message. number: counted from 1. content: None where it is larger than may be."""

    number: int
    content: bytes | None


def lines(pieces: Iterator[bytes], most: int) -> Iterator[Entry]:
    """Yield the lines that are not blank, by their number in the file; `most` bytes a line."""
    number, held, size = 1, bytearray(), 0
    for piece in pieces:
        start = 0
        while start <= len(piece):
            end = piece.find(b"\n", start)
            part = piece[start:] if end < 0 else piece[start:end]
            size += len(part)
            if size <= most:
                held += part
            if end < 0:
                break
            if entry := _line(number, held, size, most):
                yield entry
            number, held, size, start = number + 1, bytearray(), 0, end + 1
    if entry := _line(number, held, size, most):
        yield entry


def _line(number: int, held: bytearray, size: int, most: int) -> Entry | None:
    if size > most:
        return Entry(number, None)
    content = bytes(held.strip())
    return Entry(number, content) if content else None


def messages(pieces: Iterator[bytes], most: int) -> Iterator[Entry]:
    """Yield the messages of a protobuf file, `most` bytes each. Raises Unreadable where its framing
    breaks: what follows has no beginning that could be found."""
    file = _Bytes(pieces)
    framing, wraps = _framing(file)
    number = 1
    while not file.is_over:
        length = framing(file)
        if length > most:
            file.skip(length)
            yield Entry(number, None)
        elif wraps:
            content = file.take(length)
            yield Entry(number, bytes((FIELD_1,)) + _as_varint(length) + content)
        else:
            yield Entry(number, file.take(length))
        number += 1


class _Bytes:
    """Bytes taken from the front of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    @property
    def is_over(self) -> bool:
        return not self.peek(1)

    def peek(self, count: int) -> bytes:
        while len(self._held) < count and (piece := next(self._pieces, b"")):
            self._held += piece
        return bytes(self._held[:count])

    def take(self, count: int) -> bytes:
        taken = self.peek(count)
        if len(taken) < count:
            raise Unreadable("The file ends in the middle of a message.")
        del self._held[:count]
        return taken

    def skip(self, count: int) -> None:
        while count:
            some = min(count, 1 << 20)
            self.take(some)
            count -= some


def _framing(file: _Bytes) -> tuple[Callable[[_Bytes], int], bool]:
    """Return what reads the length before a message, and whether that is a field's."""
    start = file.peek(LENGTH_BYTES + 1)
    if start[:1] == bytes((FIELD_1,)):
        return _length_of_field, True
    if len(start) > LENGTH_BYTES and start[LENGTH_BYTES] == FIELD_1 and start[0] < 0x40:
        return _four_bytes, False
    if start == bytes(LENGTH_BYTES):
        return _four_bytes, False
    return _varint, False


def _length_of_field(file: _Bytes) -> int:
    if file.take(1)[0] != FIELD_1:
        raise Unreadable("From here on the file is no OTLP in protobuf.")
    return _varint(file)


def _four_bytes(file: _Bytes) -> int:
    return int.from_bytes(file.take(LENGTH_BYTES), "big")


def _varint(file: _Bytes) -> int:
    value = 0
    for shift in range(0, 63, 7):
        byte = file.take(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 128:
            return value
    raise Unreadable("From here on the file is no OTLP in protobuf: a length has no end.")


def _as_varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*written, number))
