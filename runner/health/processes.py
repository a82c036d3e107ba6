"""The processes of this machine that belong to this program, and what memory they take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil
from django.conf import settings

from runner.file_lock import held_by
from runner.postgres import paths
from runner.postgres.process import running_pid


@dataclass(frozen=True, slots=True)
class Running:
    """memory: in bytes, what is shared with others counted in part where the system says so.

    began: how long ago it was started, in seconds.
    """

    pid: int
    role: str
    memory: int
    age_s: float


def all_of(now: float) -> list[Running]:
    """Return them with the first one first. now: seconds since 1970."""
    found = [running for top in _tops() for running in _family(top, now)]
    return list({each.pid: each for each in found}.values())


def _tops() -> Iterator[psutil.Process]:
    """Name what stands over all others: `up`, or the eldest of ours above this process."""
    with suppress(psutil.Error):
        pid = held_by(settings.DATA_DIR / "up.lock")
        yield psutil.Process(pid) if pid else _eldest()
    if not settings.DATABASE_URL:
        with suppress(psutil.Error):
            if server := running_pid(paths.database_folder(settings.DATA_DIR)):
                yield psutil.Process(server)


def _eldest() -> psutil.Process:
    eldest = psutil.Process()
    while (parent := eldest.parent()) and _role(parent) != "other":
        eldest = parent
    return eldest


def _family(top: psutil.Process, now: float) -> Iterator[Running]:
    for each in (top, *top.children(recursive=True)):
        with suppress(psutil.Error):
            yield Running(each.pid, _role(each), _memory(each), now - each.create_time())


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    line = " ".join(words)
    if process.name().startswith("postgres"):
        return "database"
    if "runner.serve_web" in line or "granian" in process.name():
        return "web"
    if "runner.serve_grpc" in line:
        return "grpc"
    if "runner.clusters" in words:
        return "watchdog"
    if "manage.py" in line and "cluster" in words:
        return f"worker {words[words.index('cluster') + 1]}"
    named = [each for each in ("up", "worker", "scheduled_backups") if each in words]
    return named[0].replace("scheduled_", "") if "manage.py" in line and named else "other"
