"""Starts the worker's clusters again when they end, and ends those that are silent."""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
import time

from django.conf import settings

from core.background import long_tasks
from runner.child_process import MANAGE, Child, manage
from runner.supervisor import Supervisor

logger = logging.getLogger(__name__)

#: A stop must be quick: what was cut off is taken up again by leases and ticks.
STOP_S = 8.0
#: A busy machine may need this long until a cluster has executed anything.
START_S = 60.0


class ClusterChild(Child):
    """A cluster in a process group of its own, and the file with its last sign of life."""

    def __init__(self, name: str) -> None:
        self.signs = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as we live
        super().__init__(
            name,
            manage("cluster", name, str(self.signs.fileno())),
            environment={"Q_CLUSTER_NAME": name},
            on_our_death=signal.SIGKILL,
            files=(self.signs.fileno(),),
        )

    def start(self) -> None:
        self.signs.truncate(0)
        super().start()

    def is_silent(self, now: float) -> bool:
        """Say whether it has executed nothing for too long; now: in monotonic seconds."""
        last = long_tasks.last_sign_of_life(self.signs.fileno())
        if last is None:
            return now - self.started_at > max(START_S, settings.WORKER_STALE_S)
        return now - last > float(settings.WORKER_STALE_S)


def new_child() -> Child:
    """Return the watchdog as a process that is yet to be started."""
    environment = {"PYTHONPATH": str(MANAGE.parent)}  # from whatever folder we were started
    return Child("worker", [sys.executable, "-m", "runner.clusters"], environment=environment)


def run() -> None:
    """Keep the clusters running until SIGTERM or SIGINT, then stop them."""
    clusters = [ClusterChild(name) for name in ("signals", "judge")]
    Supervisor(clusters).run(STOP_S, also=lambda: end_silent(clusters))


def end_silent(clusters: list[ClusterChild]) -> None:
    """Kill each cluster that is silent."""
    for cluster in clusters:
        if not cluster.has_ended() and cluster.is_silent(time.monotonic()):
            seconds = settings.WORKER_STALE_S
            logger.warning("The cluster %s has executed nothing for %g s.", cluster.name, seconds)
            cluster.kill()
