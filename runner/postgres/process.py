"""Which process, if any, is the server of a folder; and what a killed one leaves behind."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

#: How long backends may outlive their server: they end when they next wait for something.
ORPHAN_PATIENCE_S = 5.0


def is_server_of(folder: Path, pid: int) -> bool:
    """Say whether that process is alive and a `postgres` working in that folder."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        return Path(process.cwd()).resolve() == folder.resolve()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        # A server of ours runs as us, or we are root: what we may not look at is not ours.
        return False


def recorded_pid(folder: Path) -> int | None:
    """Return the number in the first line of `postmaster.pid`, or None if there is none."""
    try:
        first = (folder / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0]
    except FileNotFoundError:
        return None
    return int(first) if first.strip().isdigit() else None


def running_pid(folder: Path) -> int | None:
    """Return the number of the server that works in the folder, whoever started it, or None."""
    pid = recorded_pid(folder)
    return pid if pid is not None and is_server_of(folder, pid) else None


def clear_remains(folder: Path) -> None:
    """Make way after a hard stop: no server runs, but traces of one may stand.

    Backends that outlived their server still write to the folder. A `postmaster.pid`
    whose number now belongs to another process (or to a zombie) would keep PostgreSQL
    from starting; one of a dead process it removes by itself.
    """
    for process in psutil.process_iter():
        if is_server_of(folder, process.pid):
            end_orphan(process)
    pid = recorded_pid(folder)
    if pid is not None and psutil.pid_exists(pid):
        (folder / "postmaster.pid").unlink(missing_ok=True)


def end_orphan(process: psutil.Process) -> None:
    """Wait for a backend that outlived its server, and stop it if it does not end."""
    try:
        process.wait(ORPHAN_PATIENCE_S)
    except psutil.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(ORPHAN_PATIENCE_S)
