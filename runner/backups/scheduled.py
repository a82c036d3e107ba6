"""Backups that make themselves: a process of the worker, since a large one takes longer than any
task may. On many machines that share a database, one at a time makes them."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from core import log_lines
from core.background import leases
from core.background.leases import SoleWork
from core.models import Backup
from runner.backups import due, making
from runner.backups.programs import CannotBackUp
from runner.backups.sealed_stream import WeakPassphrase
from runner.child_process import Child, manage

log = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0
#: Rows of attempts that are kept.
KEPT = 200


def children() -> list[Child]:
    """Return the process that makes backups, yet to be started; none where none are wished for."""
    return [Child("backups", manage("scheduled_backups"))] if settings.BACKUP_DIR else []


def run(stop: threading.Event) -> None:
    """Make a backup whenever one is due, until `stop` is set."""
    while not stop.is_set():
        try:
            look(timezone.now(), stop)
        except DatabaseError as error:
            log_lines.write(log, logging.WARNING, "backups wait for the database", reason=error)
        finally:
            connection.close()
        stop.wait(LOOK_EVERY_S)


def look(now: datetime, stop: threading.Event | None = None) -> Backup | None:
    """Make a backup if one is due and nobody else makes one; return what came of it."""
    if not _is_due(now):
        return None
    with leases.hold(SoleWork.BACKUPS) as lease:
        if not lease or not _is_due(now):
            return None
        attempt = Backup.objects.create(started_at=now, file=due.name_of(now))
        _make(attempt, now, lambda: not (lease.is_lost or (stop and stop.is_set())))
    return attempt


def _make(attempt: Backup, now: datetime, go_on: making.GoOn) -> None:
    folder = Path(settings.BACKUP_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for half in folder.glob(".signals-*.backup.part"):  # of one that was killed
            half.unlink(missing_ok=True)
        made = making.make(folder / attempt.file, settings.BACKUP_PASSPHRASE, now, go_on)
    except (CannotBackUp, WeakPassphrase, OSError) as error:
        attempt.trouble = str(error)
        log_lines.write(log, logging.ERROR, "backup failed", file=attempt.file, reason=error)
    else:
        attempt.size = made.bytes
        facts = {"file": attempt.file, "rows": made.rows, "bytes": made.bytes}
        log_lines.write(log, logging.INFO, "backup made", **facts)
        _prune(folder)
    attempt.finished_at = timezone.now()
    attempt.save()
    Backup.objects.filter(pk__lte=attempt.pk - KEPT).delete()


def _prune(folder: Path) -> None:
    for name in due.to_delete((each.name for each in folder.iterdir()), settings.BACKUP_KEEP):
        (folder / name).unlink(missing_ok=True)


def _is_due(now: datetime) -> bool:
    done = Backup.objects.exclude(finished_at=None).order_by("-pk")
    good = done.filter(trouble="").first()
    failed = done.exclude(trouble="").filter(pk__gt=good.pk if good else 0).first()
    return due.is_due(
        now,
        good.started_at if good else None,
        failed.started_at if failed else None,
        settings.BACKUP_EVERY_H,
        settings.BACKUP_AT,
    )
