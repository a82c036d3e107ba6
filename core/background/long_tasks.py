"""How a task that runs for minutes stays on good terms with its worker process.

    while long_tasks.may_go_on() and time.monotonic() < ends_at:
        ...  # one round, of a few seconds at most

Each call leaves a sign of life, because a cluster that leaves none for WORKER_STALE_S is replaced;
and it says whether the worker wants to stop, so that a stop takes as long as one round and not as
long as the whole task. Outside of a cluster (a test, a shell) there is nobody to tell.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from types import FrameType

_is_stop_requested = False
_signs_file: int | None = None


def may_go_on() -> bool:
    """Leave a sign of life, and say whether the task may begin another round."""
    leave_sign_of_life()
    return not is_stop_requested()


def is_stop_requested() -> bool:
    """Say whether this process was asked to finish what it is doing."""
    return _is_stop_requested


def leave_sign_of_life() -> None:
    """Write the time of now for the watchdog of this process's cluster."""
    if _signs_file is not None:
        os.pwrite(_signs_file, struct.pack("d", time.monotonic()), 0)


def last_sign_of_life(signs_file: int) -> float | None:
    """Return when a process last wrote to the file, in monotonic seconds; None if none ever did."""
    written = os.pread(signs_file, struct.calcsize("d"), 0)
    return float(struct.unpack("d", written)[0]) if written else None


def listen(signs_file: int) -> None:
    """Heed SIGUSR1 and write signs of life to the file, here and in all processes forked later."""
    global _signs_file
    _signs_file = signs_file
    signal.signal(signal.SIGUSR1, _remember_stop)


def _remember_stop(number: int, frame: FrameType | None) -> None:
    global _is_stop_requested
    _is_stop_requested = True
