"""Restoring a backup: all of it or nothing, in one transaction."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import IO, Any

import zstandard
from django.db import connection

from core.background import heartbeats
from runner.backups import key_files, manifest, programs
from runner.backups.manifest import Manifest
from runner.backups.programs import CannotBackUp
from runner.backups.sealed_stream import CannotRead, SealedReader

READ_BYTES = 1024 * 1024
#: A worker leaves a sign every ten seconds.
WORKER_SEEN = timedelta(seconds=30)
WORKER_BEATS_S = 11.0
#: pg_dump 17 and later write it, and a server before 17 does not know it.
NEW_SETTING = b"SET transaction_timeout = 0;\n"
#: Functions of ours, not those of an extension.
DROP_FUNCTIONS = """
DO $drop$ DECLARE gone regprocedure; BEGIN
FOR gone IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
LOOP EXECUTE 'DROP ROUTINE ' || gone || ' CASCADE'; END LOOP; END $drop$;
"""
#: An installation that has any of these is not empty.
FULL_IF = ("teams_user", "teams_project", "span")


@dataclass(frozen=True, slots=True)
class Restored:
    """unlike: settings of the environment that are not the backup's."""

    manifest: Manifest
    unlike: list[str]


def check(path: Path, passphrase: str) -> Manifest:
    """Read a backup to its end without changing anything. Raises CannotBackUp, CannotRead."""
    with _opened(path) as file:
        reader = SealedReader(file, passphrase)
        described = Manifest.read(reader.line())
        described.refuse_newer()
        with _Script(reader) as script:
            for _piece in script:
                pass
    return described


def restore(
    path: Path, passphrase: str, data_dir: Path, now: datetime, replace: bool = False
) -> Restored:
    """Fill the database and the data folder from a backup.

    replace: whether an installation that holds something is given up for it. If anything goes
    wrong, all is as it was. Raises CannotBackUp, CannotRead.
    """
    with _opened(path) as file:
        reader = SealedReader(file, passphrase)
        described = Manifest.read(reader.line())
        described.refuse_newer()
        key_files.refuse_other_keys(described.keys)
        old = _tables_to_give_up(now, replace)
        try:
            key_files.lay_ready(data_dir, described.keys)
            with _Script(reader) as script:
                _load(script, old, described)
            return Restored(described, key_files.put_into_use(data_dir))
        finally:
            key_files.take_away(data_dir)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotBackUp(f"{path} cannot be read: {error.strerror}.") from None


def _tables_to_give_up(now: datetime, replace: bool) -> list[str]:
    """Return the tables that are there, or raise CannotBackUp if they may not be given up."""
    try:
        with connection.cursor() as cursor:
            tables = manifest.tables_in(cursor)
            full = [name for name in FULL_IF if name in tables and _has_rows(cursor, name)]
        if "core_heartbeat" in tables and _has_worker(now):
            raise CannotBackUp("A worker is running on this database: stop Signals first.")
        if full and not replace:
            raise CannotBackUp(
                "This installation is not empty: it has rows in "
                f"{', '.join(full)}. To give up all that it holds for the backup, add --replace."
            )
        return tables
    finally:
        connection.close()


def _has_worker(now: datetime) -> bool:
    """Say whether a worker gives signs of life; those of a moment ago may be the backup's own."""
    seen = heartbeats.last("sweep")
    if seen is None or abs(now - seen) > WORKER_SEEN:
        return False
    time.sleep(WORKER_BEATS_S)
    return heartbeats.last("sweep") != seen


def _has_rows(cursor: Any, table: str) -> bool:
    cursor.execute(f'SELECT EXISTS (SELECT FROM public."{table}")')
    return bool(cursor.fetchone()[0])


class _Script:
    """The SQL of a backup, made by pg_restore while a thread decrypts for it.

    Iterate to its end: only then it is known to be whole. Raises CannotBackUp, CannotRead.
    """

    def __init__(self, reader: SealedReader) -> None:
        self._reader = reader
        self._trouble: CannotRead | None = None
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end
        self._process = subprocess.Popen(
            [
                *(str(programs.find("pg_restore")), "--file=-", "--no-owner"),
                "--no-privileges",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )
        self._feeding = Thread(target=self._feed, name="backup reader", daemon=True)

    def __enter__(self) -> _Script:
        self._feeding.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._feeding.join()
        for file in (self._process.stdout, self._process.stdin, self._complaints):
            with suppress(OSError):
                file.close()  # type: ignore[union-attr]

    def __iter__(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        while piece := self._process.stdout.read(READ_BYTES):
            yield piece
        self._feeding.join()
        if self._trouble:
            raise self._trouble
        if self._process.wait():
            self._complaints.seek(0)
            said = self._complaints.read(2000).decode(errors="replace").strip()
            raise CannotBackUp(f"The backup cannot be read by this PostgreSQL: {said}")

    def _feed(self) -> None:
        """Decrypt to the end, also where pg_restore has heard enough: the end is looked at, too."""
        target, is_listening = self._process.stdin, True
        assert target is not None
        try:
            source: Any = self._reader
            dump = zstandard.ZstdDecompressor().read_to_iter(source, READ_BYTES, READ_BYTES)
            for piece in dump:
                if is_listening:
                    try:
                        target.write(piece)
                    except OSError:
                        is_listening = False
            while self._reader.read(READ_BYTES):
                """Come to the end, which only a whole file has."""
        except CannotRead as error:
            self._trouble = error
            self._process.kill()
        except zstandard.ZstdError as error:
            self._trouble = CannotRead(f"The backup is damaged ({error}): use another one.")
            self._process.kill()
        finally:
            with suppress(OSError):
                target.close()


def _load(script: _Script, old: list[str], described: Manifest) -> None:
    """Give up the old tables for those of the backup, and commit once all rows are counted."""
    with tempfile.TemporaryFile() as complaints:
        psql = subprocess.Popen(
            [
                *(str(programs.find("psql")), "--no-psqlrc", "--quiet", "--no-password"),
                *("-v", "ON_ERROR_STOP=1", f"--dbname={programs.address()}"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env=programs.environment() | {"PGCLIENTENCODING": "UTF8"},
        )
        assert psql.stdin is not None
        try:
            psql.stdin.write(_beginning(old))
            _copy(script, psql.stdin)
            psql.stdin.write(_end(described))
            psql.stdin.close()
            if psql.wait() == 0:
                return
        except BrokenPipeError:
            psql.wait()
        finally:
            if psql.poll() is None:  # nothing was committed, and is undone
                psql.kill()
                psql.wait()
            with suppress(OSError):
                psql.stdin.close()
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip()[-600:]
        raise CannotBackUp(f"The database refused the backup, and is as it was: {said}")


def _copy(script: _Script, target: IO[bytes]) -> None:
    beginning = b""
    is_old = _server_version() < 170_000
    for piece in script:
        if is_old:  # the line stands at the beginning; what is there comes in pieces of any size
            beginning += piece
            if len(beginning) < 4096:
                continue
            piece, beginning, is_old = beginning.replace(NEW_SETTING, b"", 1), b"", False
        target.write(piece)
    target.write(beginning.replace(NEW_SETTING, b"", 1))


def _server_version() -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def _beginning(old: list[str]) -> bytes:
    drop = "".join(f'DROP TABLE IF EXISTS public."{name}" CASCADE;\n' for name in old)
    settings = "SET LOCAL lock_timeout = '30s'; SET client_min_messages = 'error';"
    return f"BEGIN;\n{settings}\n{drop}{DROP_FUNCTIONS}".encode()


def _end(described: Manifest) -> bytes:
    """Return what counts every row, then commits."""
    checks = "".join(
        f'IF (SELECT count(*) FROM public."{name}") <> {rows} THEN RAISE \'rows of {name} are '
        "missing'; END IF;\n"
        for name, rows in described.tables.items()
    )
    return f"\nDO $check$ BEGIN\n{checks}END $check$;\nCOMMIT;\nANALYZE;\n".encode()
