"""SIGINT and SIGTERM as one exception, raised once."""

from __future__ import annotations

import signal
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)


class Stop(BaseException):
    """Someone asked this process to stop. Not an Exception: nothing should swallow it."""


def _raise_stop(number: int, frame: FrameType | None) -> None:
    ignore()
    raise Stop


def listen() -> None:
    """Let the first SIGINT or SIGTERM raise Stop, and later ones do nothing."""
    for number in STOPPING:
        signal.signal(number, _raise_stop)


def ignore() -> None:
    """Let SIGINT and SIGTERM do nothing from here on."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
