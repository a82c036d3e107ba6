"""Content-Encoding of a request body, undone with a bound on the output.

A gzip bomb of 199 kB holds 200 MB: the limit is enforced while inflating, not after.
"""

from __future__ import annotations

import zlib

from traces.otlp.refused import Refused

GZIP = 31  # zlib's window argument: gzip framing, checks the CRC and the length
ZLIB = 15
RAW = -15

#: Several gzip members in one body are legal (RFC 1952); each costs a copy of the rest.
MAX_MEMBERS = 100


def inflate(body: bytes, encoding: str | None, limit: int) -> bytes:
    """Return the body as it was before its Content-Encoding. `limit` is in bytes, of the result.

    Raises Refused: 400 for a broken body, 413 over the limit, 415 for an encoding that
    is neither gzip, deflate nor identity.
    """
    name = (encoding or "identity").strip().lower()
    if name in ("", "identity"):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    if name in ("gzip", "x-gzip"):
        return _inflate_members(body, limit)
    if name == "deflate":
        return _inflate_deflate(body, limit)
    raise Refused(
        415, f"Content-Encoding {name[:40]!r} is not supported: send gzip, deflate or none."
    )


def _inflate_members(body: bytes, limit: int) -> bytes:
    pieces: list[bytes] = []
    room = limit
    rest = body
    for _ in range(MAX_MEMBERS):
        piece, rest = _inflate_one(rest, GZIP, room, limit)
        pieces.append(piece)
        room -= len(piece)
        rest = rest.lstrip(b"\0")  # padding behind the last member is legal too
        if not rest:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
    raise Refused(400, f"The gzip body has more than {MAX_MEMBERS} members: compress it as one.")


def _inflate_deflate(body: bytes, limit: int) -> bytes:
    """Inflate `deflate`: it means zlib framing (RFC 9110), but some senders leave the frame out."""
    framed = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    piece, rest = _inflate_one(body, ZLIB if framed else RAW, limit, limit)
    if rest:
        raise Refused(400, "The deflate body goes on behind its end: compress it again.")
    return piece


def _inflate_one(data: bytes, window: int, room: int, limit: int) -> tuple[bytes, bytes]:
    """Inflate the first compressed stream of `data`, and return it with what stands behind it."""
    stream = zlib.decompressobj(window)
    try:
        # One byte more than there is room for: the difference between full and too large.
        piece = stream.decompress(data, room + 1)
    except zlib.error as error:
        raise Refused(400, f"The compressed body is broken ({error}): send it again.") from error
    if len(piece) > room:
        raise _too_large(limit)
    if not stream.eof:
        raise Refused(400, "The compressed body ends too early: it was cut on its way.")
    return piece, stream.unused_data


def _too_large(limit: int) -> Refused:
    return Refused(
        413, f"The request is larger than {limit:,} bytes once inflated: send smaller batches."
    )
