"""The first process of a cluster: it has loaded everything, and forks the sentinel.

Loading takes seconds of a busy machine, forking milliseconds: a sentinel that ended is there again
at once. The nursery itself does nothing that could end it, and never talks to the database. It
ends when its watchdog does, and the sentinel with it.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from runner import die_with_parent

logger = logging.getLogger(__name__)

#: A sentinel that ends sooner than this after its start is started again more slowly.
SOON_S = 5.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
LOOK_EVERY_S = 0.1


class Nursery:
    """Forks, and forks again whenever the child has ended, until SIGTERM."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name, self._work = name, work
        self._child = 0
        self._is_over = False
        self._pause_s = 0.0

    def keep(self) -> None:
        """Keep one child at work until SIGTERM, which it gets too, and then wait for its end."""
        signal.signal(signal.SIGTERM, self._pass_on)
        # Without this, killing the nursery or the sentinel leaves others at work unwatched.
        die_with_parent.tie_forks()
        while not self._is_over:
            began = time.monotonic()
            self._fork()
            code = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
            self._child = 0
            if not self._is_over:
                logger.warning("The cluster %s ended (%s): starting it again.", self._name, code)
                self._rest(time.monotonic() - began)

    def _fork(self) -> None:
        # Between the fork and its own handler, a stop must reach the child and not be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        self._child = os.fork()
        if not self._child:
            self._be_the_child()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _be_the_child(self) -> None:
        code = 1
        try:
            os.setpgid(0, 0)  # it ends with its group, which must not be ours
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            self._work()
            code = 0
        except Exception:
            logger.exception("The cluster %s failed.", self._name)
        finally:
            logging.shutdown()
            os._exit(code)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._is_over = True
        if self._child:
            os.kill(self._child, signal.SIGTERM)

    def _rest(self, lived_s: float) -> None:
        longer = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._pause_s = longer if lived_s < SOON_S else 0.0
        ends_at = time.monotonic() + self._pause_s
        while not self._is_over and time.monotonic() < ends_at:
            time.sleep(LOOK_EVERY_S)
