"""The database for a command that stands alone: the one that runs, or ours, started for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from runner.backups.programs import CannotBackUp
from runner.file_lock import FileLock, Held
from runner.postgres.server import DatabaseTrouble, EmbeddedDatabase


@contextmanager
def running_or_started() -> Iterator[None]:
    """Have a database that answers until the block ends, whoever started it."""
    if settings.DATABASE_URL or _is_up():
        yield
        return
    with _started():
        yield


@contextmanager
def alone() -> Iterator[None]:
    """Have the database while nobody runs Signals on this data folder. Raises CannotBackUp."""
    lock = FileLock(Path(settings.DATA_DIR) / "up.lock")
    try:
        lock.path.parent.mkdir(parents=True, exist_ok=True)
        lock.take()
    except Held as held:
        raise CannotBackUp(
            f"Signals is running on {settings.DATA_DIR} (process {held.pid}): stop it first."
        ) from None
    try:
        if settings.DATABASE_URL:
            yield
        else:
            with _started():
                yield
    finally:
        lock.release()


def _is_up() -> bool:
    return EmbeddedDatabase(settings.DATA_DIR).is_running()


@contextmanager
def _started() -> Iterator[None]:
    database = EmbeddedDatabase(settings.DATA_DIR)
    try:
        database.start()
        yield
    except DatabaseTrouble as error:
        raise CannotBackUp(str(error)) from None
    finally:
        connection.close()
        database.stop()
