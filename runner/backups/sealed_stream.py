"""The format of a backup: bytes encrypted with a passphrase, written and read as a stream.

    SIGNALS BACKUP 1\\n
    {"kdf": "scrypt", "n": …, "r": …, "p": …, "salt": hex, "check": hex, "cipher": …}\\n
    then pieces, each: 4 bytes of length (big-endian), and that many bytes of ChaCha20-Poly1305

scrypt makes 64 bytes of the passphrase (NFC, UTF-8): 32 are the key; SHA-256 of the others is
`check`, which tells a wrong passphrase from a damaged file. A piece's nonce is its number in 11
bytes and one that is 1 on the last piece, so that no piece can be left out, moved or cut off; both
lines above are authenticated with every piece. A piece is at most 1 MiB, so neither side ever has
more of it in memory.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import struct
import unicodedata
from collections.abc import Iterator
from typing import IO, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"SIGNALS BACKUP "
VERSION: Final = 1
PIECE_BYTES: Final = 1024 * 1024
TAG_BYTES: Final = 16
LONGEST_HEADER: Final = 4096
#: 128 MiB and a third of a second for each guess (RFC 7914).
COST: Final = {"n": 2**17, "r": 8, "p": 1}
#: A file that wants more is none of ours: it would take the machine's memory.
MOST_COST: Final = {"n": 2**20, "r": 16, "p": 4}
FEWEST_CHARS: Final = 12


class CannotRead(Exception):
    """The file is no backup, is damaged, or the passphrase is wrong; the text says which."""


class WeakPassphrase(ValueError):
    """The passphrase is too short to keep anybody out."""


class SealingWriter:
    """Encrypts what is written to it; `close` writes the last piece, and leaves the file open."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        if len(passphrase) < FEWEST_CHARS:
            raise WeakPassphrase(f"A passphrase has at least {FEWEST_CHARS} characters.")
        facts = {"kdf": "scrypt", **COST, "salt": secrets.token_hex(16)}
        key, check = _derived(passphrase, facts)
        facts |= {"check": check, "cipher": "chacha20-poly1305"}
        self._head = MAGIC + b"%d\n" % VERSION + json.dumps(facts).encode() + b"\n"
        self._cipher = ChaCha20Poly1305(key)
        self._file = file
        self._waiting = bytearray()
        self._pieces = 0
        file.write(self._head)

    def write(self, content: bytes) -> None:
        """Take any number of bytes."""
        self._waiting += content
        while len(self._waiting) > PIECE_BYTES:
            self._seal(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
            del self._waiting[:PIECE_BYTES]

    def close(self) -> None:
        """Write what is left as the last piece: without it the file counts as cut off."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._pieces, is_last), piece, self._head)
        self._file.write(struct.pack(">I", len(sealed)) + sealed)
        self._pieces += 1


class SealedReader:
    """Decrypts a backup from its beginning. Every method raises CannotRead."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        first, second = file.readline(64), file.readline(LONGEST_HEADER)
        facts = _facts(first, second)
        key, check = _derived(passphrase, facts)
        if not hmac.compare_digest(check, str(facts["check"])):
            raise CannotRead("The passphrase is not the one that this backup was made with.")
        self._head = first + second
        self._cipher = ChaCha20Poly1305(key)
        self._file = file
        self._rest = b""
        self._pieces = self._decrypted()

    def line(self) -> bytes:
        """Return what was written up to the next line's end, without it."""
        while b"\n" not in self._rest:
            self._rest += next(self._pieces, b"\n")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def read(self, size: int) -> bytes:
        """Return up to `size` of the bytes that follow, b"" at the end."""
        while not self._rest:
            if (piece := next(self._pieces, None)) is None:
                return b""
            self._rest = piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def _decrypted(self) -> Iterator[bytes]:
        number, following = 0, self._sealed()
        while following is not None:
            sealed, following = following, self._sealed()
            try:
                yield self._cipher.decrypt(_nonce(number, following is None), sealed, self._head)
            except InvalidTag:
                raise CannotRead("The backup is damaged or cut off: use another one.") from None
            number += 1

    def _sealed(self) -> bytes | None:
        """Return the next piece as it stands in the file; None at its end."""
        length = self._file.read(4)
        if not length:
            return None
        size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
        if not TAG_BYTES <= size <= PIECE_BYTES + TAG_BYTES:
            raise CannotRead("The backup is damaged or cut off: use another one.")
        return self._file.read(size)


def _facts(first: bytes, second: bytes) -> dict[str, Any]:
    """Return the header of a file that begins with these lines, or raise CannotRead."""
    version = first[len(MAGIC) :].strip()
    if not first.startswith(MAGIC) or not version.isdigit():
        raise CannotRead("This is no backup of Signals.")
    if int(version) > VERSION:
        raise CannotRead(
            f"The backup is of format {int(version)}, and this program knows formats up to "
            f"{VERSION}: restore it with the newer Signals that made it."
        )
    try:
        facts: dict[str, Any] = json.loads(second)
        costs = {name: int(facts[name]) for name in COST}
        bytes.fromhex(facts["salt"])
    except (ValueError, KeyError, TypeError):
        raise CannotRead("The beginning of the backup is damaged: use another one.") from None
    if any(not 1 <= costs[name] <= most for name, most in MOST_COST.items()) or not facts["check"]:
        raise CannotRead("The beginning of the backup is damaged: use another one.")
    return facts


def _derived(passphrase: str, facts: dict[str, Any]) -> tuple[bytes, str]:
    """Return the key, and what may be known of it by everybody."""
    scrypt = Scrypt(
        salt=bytes.fromhex(facts["salt"]), length=64, n=facts["n"], r=facts["r"], p=facts["p"]
    )
    made = scrypt.derive(unicodedata.normalize("NFC", passphrase).encode())
    return made[:32], hashlib.sha256(made[32:]).hexdigest()


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")
