"""The web process looks after the worker: when all workers are down, nobody else could tell."""

from __future__ import annotations

import logging
import threading

from django.db import connection
from django.utils import timezone

from alerts.delivery import sending
from alerts.incidents import watching
from core.background.clock_steps import StepWatch

log = logging.getLogger(__name__)

EVERY_S = 60.0


class WorkerWatch:
    """A thread of the web process that asks once a minute whether a worker is alive, and sends
    itself what is owed when none is."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, or leave it behind after a second."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1)

    def _run(self) -> None:
        clock = StepWatch()
        while not self._stop.wait(self._every_s):
            if clock.look():
                continue  # what was written before it tells nothing; the next minute does
            try:
                look()
            except Exception:  # the database may be away: the next minute tries again
                log.exception("looking after the worker failed")
            finally:
                connection.close()


def look() -> None:
    """Tell of a worker that has stopped, or that is back, if nobody did yet."""
    now = timezone.now()
    if watching.watch_worker(now):
        sending.send_due(now)
