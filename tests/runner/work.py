"""Tasks for tests of the worker, found by it under their dotted paths."""

from __future__ import annotations

import os
import time

from django.utils import timezone

from core.background import heartbeats, long_tasks


def leave_row(name: str) -> None:
    """Leave a row that says that this was executed."""
    heartbeats.write(name, timezone.now())


def sleep(seconds: float) -> None:
    """Says which process is busy, then is."""
    heartbeats.write(f"busy {os.getpid()}", timezone.now())
    time.sleep(seconds)


def loop(seconds: float) -> None:
    """Like the long tasks: rounds, until the time is over or the worker wants to stop."""
    heartbeats.write(f"busy {os.getpid()}", timezone.now())
    deadline = time.monotonic() + seconds
    while long_tasks.may_go_on() and time.monotonic() < deadline:
        time.sleep(0.2)
    heartbeats.write("loop ended", timezone.now())
