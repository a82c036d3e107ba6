"""Checks for whoever asks, however many do and whatever hangs: at most one round is under way.

A database that stands still lets no time-out of its own pass, so the round has a thread of its own
that is left alone when it takes too long; until it comes back, the answer is that it hangs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from core import log_lines
from runner.health import checks
from runner.health.checks import Check

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: A round that takes longer is answered without it.
PATIENCE_S = 2.0
#: An answer is good for so long: strangers may ask as often as they like.
KEEP_S = 1.0


class Latest(Generic[T]):
    """What `ask` last returned, asked anew when that is old. Safe to share between threads."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._round: _Round[T] | None = None
        self.asked_s = 0.0  # how long ago the round began that was looked at

    def look(self, patience_s: float) -> T | None:
        """Return it, a second old at most; None when it takes too long or has failed."""
        with self._lock:
            latest = self._round
            if latest is None or latest.is_old():
                latest = self._round = _Round(self._ask)
        latest.done.wait(max(0.0, latest.began + patience_s - time.monotonic()))
        self.asked_s = time.monotonic() - latest.began
        return latest.found if latest.done.is_set() else None


class _Round(Generic[T]):
    """One question in a thread of its own."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self.began = self.ended = time.monotonic()
        self.done = threading.Event()
        self.found: T | None = None
        threading.Thread(target=self._run, name="checks", daemon=True).start()

    def is_old(self) -> bool:
        """Say whether another one may begin: this one has ended, a while ago."""
        return self.done.is_set() and time.monotonic() - self.ended > KEEP_S

    def _run(self) -> None:
        try:
            self.found = self._ask()
        except Exception:
            logger.exception("the checks failed")
        finally:
            self.ended = time.monotonic()
            self.done.set()


class Watch:
    """The checks, for any number of people and programs. `look` may block for PATIENCE_S."""

    def __init__(
        self, ask: Callable[[], list[Check]] = checks.all_of, patience_s: float = PATIENCE_S
    ) -> None:
        self._latest, self._patience_s = Latest(ask), patience_s
        self._was_ready = True

    def look(self) -> list[Check]:
        """Return the checks, a second old at most, or that the database hangs."""
        found = self._latest.look(self._patience_s)
        if found is None:
            words = f"It has not answered for {self._latest.asked_s:.0f} s."
            found = checks.without_database(words)
        self._note(found)
        return found

    def _note(self, found: list[Check]) -> None:
        """Write one line when it begins to be unready, and one when it is ready again."""
        bad = [each.name for each in found if each.is_good is False]
        if bool(bad) != self._was_ready:
            return
        self._was_ready = not bad
        if bad:
            words = " ".join(each.words for each in found if each.is_good is False)
            facts = {"checks": " ".join(bad), "reason": words}
            log_lines.write(logger, logging.WARNING, "not ready", **facts)
        else:
            log_lines.write(logger, logging.INFO, "ready again", checks=len(found))


#: That of this process.
watch = Watch()
