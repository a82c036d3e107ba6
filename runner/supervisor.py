"""Keeps child processes running until it is told to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from runner import stop_signals
from runner.child_process import Child

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
#: A child that ends sooner than this after its start is started again more slowly.
SOON_S = 5.0
LONGEST_PAUSE_S = 10.0


class Supervisor:
    """Starts children in order, restarts what dies, and stops all of them together."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self._restart_at: dict[str, float] = {}
        self._pause_s: dict[str, float] = {}

    def run(self, patience_s: float, also: Callable[[], None] = lambda: None) -> None:
        """Start the children and keep them running until SIGTERM or SIGINT, then stop them."""
        stop_signals.listen()
        try:
            self.start()
            self.keep_running(also)
        except stop_signals.Stop:
            pass
        finally:
            stop_signals.ignore()
            self.stop(patience_s)

    def start(self) -> None:
        """Start every child, in the order given."""
        for child in self.children:
            child.start()

    def keep_running(self, also: Callable[[], None] = lambda: None) -> None:
        """Restart what dies until an exception (a signal's) ends it; call `also` at every round."""
        while True:
            for child in self.children:
                self._look_after(child, time.monotonic())
            also()
            time.sleep(LOOK_EVERY_S)

    def stop(self, patience_s: float) -> None:
        """Ask all children to stop, and kill those that have not after `patience_s`."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + patience_s
        for child in self.children:
            child.wait(deadline - time.monotonic())
            child.kill()

    def _look_after(self, child: Child, now: float) -> None:
        if not child.has_ended():
            return
        if child.name not in self._restart_at:
            self._note_death(child, now)
        if now >= self._restart_at[child.name]:
            del self._restart_at[child.name]
            child.start()

    def _note_death(self, child: Child, now: float) -> None:
        logger.warning("%s ended (%s): starting it again.", child.name, child.exit_code)
        child.kill()
        soon = now - child.started_at < SOON_S
        before = self._pause_s.get(child.name, 0.0)
        self._pause_s[child.name] = min(max(before * 2, 0.5), LONGEST_PAUSE_S) if soon else 0.0
        self._restart_at[child.name] = now + self._pause_s[child.name]
