"""How a task that loops for a minute learns that the worker wants to stop.

    while not stopping.requested() and now < deadline: ...

The worker sends SIGUSR1 to its processes before it waits for them, so that a stop takes
as long as one round of a loop and not as long as the whole task.
"""

from __future__ import annotations

import signal
from types import FrameType

_requested = False


def requested() -> bool:
    """Whether this process was asked to finish what it is doing."""
    return _requested


def _remember(number: int, frame: FrameType | None) -> None:
    global _requested
    _requested = True


def listen() -> None:
    """Take the signal from here on, in this process and in those that it forks."""
    signal.signal(signal.SIGUSR1, _remember)
