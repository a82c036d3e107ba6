"""Where the pusher of a cluster gets its tasks: the database, and a sign of life in between."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.signing import SignedPackage

from core import log_lines
from core.background.clock_steps import StepWatch
from runner.clusters import clock

logger = logging.getLogger(__name__)


class Broker(ORM):  # type: ignore[misc]
    """django-q2's broker, whose `dequeue` now and then returns a task that no row stands for.

    That task goes the way of all others, through the pusher to a worker, so that the sign of life
    that it leaves proves that this cluster executes tasks. It needs no database and meets no other
    machine.
    """

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._next_sign_at = 0.0
        self._clock = StepWatch()

    def dequeue(self) -> Any:
        """Return a list of (id, signed task), or nothing after a pause."""
        if self.list_key == settings.Q_CLUSTER["name"] and (step := self._clock.look()) < 0:
            self._asked(lambda: clock.set_back(-step, timezone.now()))
        if time.monotonic() < self._next_sign_at:
            return self._asked(super().dequeue)
        self._next_sign_at = time.monotonic() + min(15.0, settings.WORKER_STALE_S / 4)
        return [(None, SignedPackage.dumps(_sign_of_life()))]

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """Ask the database; end this process, and with it the cluster, if that is away.

        What the cluster held is free at once only when its processes are gone; the next one waits
        for the database (`cluster.run`). django-q2 alone would stand still for ten seconds.
        """
        try:
            return ask()
        except (OperationalError, InterfaceError) as error:
            log_lines.write(logger, logging.WARNING, "database away", reason=error)
            os._exit(1)

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """Keep no statistics: they would be four writes to the cache each second."""


def _sign_of_life() -> dict[str, Any]:
    return {
        "id": "",
        "name": "sign of life",
        "func": "core.background.long_tasks.leave_sign_of_life",
        "args": (),
        "kwargs": {},
        "started": datetime.now(UTC),
    }
