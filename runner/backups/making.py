"""Making a backup: a dump of one moment while everything goes on, and the keys."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import zstandard
from django.db import connection, transaction

from runner.backups import manifest, programs
from runner.backups.programs import CannotBackUp
from runner.backups.sealed_stream import SealingWriter

#: Asked between pieces; when it says no, the backup is given up.
GoOn = Callable[[], bool]

READ_BYTES = 1024 * 1024
PACKING = 3


@dataclass(frozen=True, slots=True)
class Made:
    """rows: of all tables. bytes: of the file."""

    path: Path
    rows: int
    bytes: int


def make(path: Path, passphrase: str, now: datetime, go_on: GoOn = lambda: True) -> Made:
    """Write a backup to `path`, which must not be there yet; it appears there once it is whole.

    Raises CannotBackUp, WeakPassphrase.
    """
    if path.exists():
        raise CannotBackUp(f"{path} is there already: choose another name.")
    half = path.with_name(f".{path.name}.part")
    try:
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            writer = SealingWriter(file, passphrase)
            rows = _write(writer, now, go_on)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        os.link(half, path)  # never over a file that came meanwhile
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise CannotBackUp(f"{path} cannot be written: {words}.") from None
    finally:
        half.unlink(missing_ok=True)
    return Made(path, rows, path.stat().st_size)


@transaction.atomic
def _write(writer: SealingWriter, now: datetime, go_on: GoOn) -> int:
    """Write manifest and dump of one snapshot; return how many rows that has."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        described = manifest.of_now(cursor, now)
    writer.write(described.line())
    _dump(writer, snapshot, go_on)
    return described.rows


def _dump(writer: SealingWriter, snapshot: str, go_on: GoOn) -> None:
    command = [
        *(str(programs.find("pg_dump")), "--format=custom", "--no-owner", "--no-privileges"),
        *("--no-comments", "--compress=0", f"--snapshot={snapshot}"),
        *(f"--dbname={programs.address()}", "--no-password"),
    ]
    packing = zstandard.ZstdCompressor(level=PACKING).compressobj()  # quicker than pg_dump's own
    with tempfile.TemporaryFile() as complaints:
        dump = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=programs.environment(),
        )
        assert dump.stdout is not None
        try:
            while (piece := dump.stdout.read(READ_BYTES)) and go_on():
                writer.write(packing.compress(piece))
            writer.write(packing.flush())
        finally:
            if dump.poll() is None and piece:
                dump.kill()
            dump.stdout.close()
            code = dump.wait()
        if code:
            complaints.seek(0)
            said = complaints.read(2000).decode(errors="replace").strip()
            raise CannotBackUp(f"The database could not be dumped: {said or 'it was stopped'}")
