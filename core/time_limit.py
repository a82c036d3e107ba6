"""A limit on the time of one piece of work, for work that can be stopped between its steps.

Whoever starts the work sets the limit; whoever goes over what may be large checks it now and
then. Without a limit a check costs next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class TookTooLong(Exception):
    """The work was not done within its time."""


_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let checks inside raise TookTooLong after so many seconds; a limit around it still holds."""
    outer = _ends_at.get()
    mine = time.monotonic() + seconds
    token = _ends_at.set(mine if outer is None else min(outer, mine))
    try:
        yield
    finally:
        _ends_at.reset(token)


def check() -> None:
    """Raise TookTooLong if the time is over."""
    ends_at = _ends_at.get()
    if ends_at is not None and time.monotonic() > ends_at:
        raise TookTooLong
