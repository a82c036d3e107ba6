"""Lines in the log for the operator: what happened, and the ids of what it happened to.

    signal stopped itself: project=3 signal=17 reason="The judge refuses its key."

INFO says what happened, WARNING that somebody should look, ERROR that something of ours is broken.
Texts are JSON: what came with traffic, or from a server, can neither begin a line nor end a word.
docs/operations.md lists the lines.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Hashable

from django.db import transaction

MAX_TEXT = 200

Value = object


def line(event: str, **facts: Value) -> str:
    """Return the line for an event: its name, then each of the `facts` that is not None."""
    pairs = [f"{name}={_shown(value)}" for name, value in facts.items() if value is not None]
    return f"{event}: {' '.join(pairs)}"


def write(logger: logging.Logger, level: int, event: str, **facts: Value) -> None:
    """Write a line now, whatever becomes of a transaction."""
    logger.log(level, "%s", line(event, **facts), extra={"event": event, "facts": facts})


def note(logger: logging.Logger, level: int, event: str, **facts: Value) -> None:
    """Write a line once the transaction that is open, if any, is committed."""
    transaction.on_commit(lambda: write(logger, level, event, **facts))


class Seldom:
    """Lines that strangers can cause: one a minute for each key, and in it how many there were.

    Safe to share between threads.
    """

    EVERY_S = 60.0
    MAX_KEYS = 1_000

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._lock = threading.Lock()
        self._last: dict[Hashable, float] = {}
        self._silent: dict[Hashable, int] = {}

    def note(self, level: int, event: str, key: Hashable, **facts: Value) -> None:
        """Write a line, unless one of that event and key was written within the last minute.

        With more keys than MAX_KEYS, those that are new share one.
        """
        now = time.monotonic()
        with self._lock:
            where: Hashable = (event, key)
            if where not in self._last and len(self._last) >= self.MAX_KEYS:
                self._forget_old(now)
                where = where if len(self._last) < self.MAX_KEYS else (event, None)
            if now - self._last.get(where, now - self.EVERY_S) < self.EVERY_S:
                self._silent[where] = self._silent.get(where, 0) + 1
                return
            self._last[where] = now
            more = self._silent.pop(where, None)
        write(self._logger, level, event, **facts, more_since=more)

    def _forget_old(self, now: float) -> None:
        for where in [key for key, at in self._last.items() if now - at >= self.EVERY_S]:
            del self._last[where]
            self._silent.pop(where, None)


def _shown(value: Value) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    text = str(value)
    shown = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    return json.dumps(shown)
