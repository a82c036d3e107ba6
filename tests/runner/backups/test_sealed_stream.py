"""A backup opens by its passphrase alone, whole or not at all."""

from __future__ import annotations

import io
import json

import pytest

from runner.backups import sealed_stream
from runner.backups.sealed_stream import (
    PIECE_BYTES,
    CannotRead,
    SealedReader,
    SealingWriter,
    WeakPassphrase,
)

WORDS = "a passphrase of several words"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_stream, "COST", {"n": 2**4, "r": 8, "p": 1})


def sealed(content: bytes, words: str = WORDS) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, words)
    for at in range(0, len(content), 70_000):
        writer.write(content[at : at + 70_000])
    writer.close()
    return file.getvalue()


def opened(file: bytes, words: str = WORDS) -> bytes:
    reader = SealedReader(io.BytesIO(file), words)
    read = b""
    while piece := reader.read(50_000):
        read += piece
    return read


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 2_500_000])
def test_what_was_written_is_read(size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert opened(sealed(content)) == content


def test_a_line_is_read_before_the_rest() -> None:
    reader = SealedReader(io.BytesIO(sealed(b"first\nsecond\n")), WORDS)
    assert (reader.line(), reader.read(100)) == (b"first", b"second\n")


def test_nothing_of_it_stands_in_the_file() -> None:
    assert b"secret word" not in sealed(b"secret word" * 1000)


def test_two_backups_of_the_same_differ_from_their_keys_on() -> None:
    assert sealed(b"same")[-20:] != sealed(b"same")[-20:]


def test_a_wrong_passphrase_is_told_from_a_damaged_file() -> None:
    with pytest.raises(CannotRead, match="passphrase is not the one"):
        opened(sealed(b"x"), "another passphrase")


def test_a_passphrase_is_the_same_however_its_letters_are_put_together() -> None:
    assert opened(sealed(b"x", "cafe\u0301 au lait, please"), "caf\u00e9 au lait, please") == b"x"


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(WeakPassphrase, match="12 characters"):
        sealed(b"x", "elevenchars")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda file: file[:-1], id="its end is cut off"),
        pytest.param(lambda file: file[: -(4 + 16 + 10)], id="its last piece is missing"),
        pytest.param(lambda file: file + file[-30:], id="a piece is there twice"),
        pytest.param(lambda file: file[:-5] + b"x" + file[-4:], id="a byte differs"),
        pytest.param(lambda file: file.replace(b'"p": 1', b'"p":1 ', 1), id="its head differs"),
        pytest.param(lambda file: file + b"\x00\x00", id="something follows"),
    ],
)
def test_a_damaged_backup_is_never_taken_for_a_whole_one(damage: object) -> None:
    file = sealed(b"x" * (PIECE_BYTES + 10))
    with pytest.raises(CannotRead, match="damaged"):
        opened(damage(file))  # type: ignore[operator]


def test_pieces_cannot_change_places() -> None:
    file = sealed(b"a" * PIECE_BYTES + b"b" * PIECE_BYTES + b"c")
    one = 4 + PIECE_BYTES + 16
    at = len(file) - (4 + 17) - 2 * one
    swapped = file[:at] + file[at + one : at + 2 * one] + file[at : at + one] + file[at + 2 * one :]
    with pytest.raises(CannotRead, match="damaged"):
        opened(swapped)


def test_a_later_format_and_another_file_are_refused_in_words() -> None:
    with pytest.raises(CannotRead, match="format 2"):
        opened(sealed(b"x").replace(b"BACKUP 1", b"BACKUP 2", 1))
    with pytest.raises(CannotRead, match="no backup"):
        opened(b"PK\x03\x04 something else")


def test_a_file_cannot_take_the_machines_memory() -> None:
    head, facts, rest = sealed(b"x").split(b"\n", 2)
    greedy = json.dumps(json.loads(facts) | {"n": 2**40}).encode()
    with pytest.raises(CannotRead, match="damaged"):
        opened(b"\n".join([head, greedy, rest]))
