"""One django-q2 cluster, whose processes never outlive each other."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from typing import Any
from uuid import uuid4

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django_q.cluster import Sentinel
from django_q.models import OrmQ
from django_q.monitor import monitor
from django_q.pusher import pusher

from core import log_lines
from core.background import long_tasks
from core.background.queue import enqueue
from runner import loading
from runner.clusters import clock, ticks
from runner.clusters.nursery import Nursery
from signals_app.judge_endpoints import environment
from signals_app.judging import judge_in_use
from signals_app.queue import working

logger = logging.getLogger(__name__)

#: A task that kills its worker must not keep all others from being executed.
GIVE_BACK_AFTER = timedelta(seconds=10)
#: How often a cluster that begins without a database looks whether it is back.
LOOK_AGAIN_S = 0.25


class StopEvent:
    """What a sentinel waits for; multiprocessing's may hang if a signal handler sets it."""

    def is_set(self) -> bool:
        return long_tasks.is_stop_requested()

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self.is_set()


class Cluster(Sentinel):  # type: ignore[misc]
    """django-q2's sentinel as the first process of its group: it ends with any of its children."""

    def __init__(self) -> None:
        super().__init__(StopEvent(), threading.Event(), uuid4(), start=False)
        signal.signal(signal.SIGTERM, _ask_all_to_stop)
        signal.signal(signal.SIGCHLD, self._end_with_a_child)
        os.register_at_fork(after_in_child=_be_a_plain_child)

    def spawn_pusher(self) -> Any:
        return self.spawn_process(_in_words, pusher, self.task_queue, self.event_out, self.broker)

    def spawn_monitor(self) -> Any:
        return self.spawn_process(_in_words, monitor, self.result_queue, self.broker)

    def _end_with_a_child(self, number: int, frame: FrameType | None) -> None:
        for child in (*self.pool, self.monitor, self.pusher):
            if child and child.exitcode:
                try:
                    logger.warning("A process of the cluster %s died.", self.queue_name())
                finally:
                    os.killpg(0, signal.SIGKILL)


def _in_words(target: Callable[..., None], *args: Any) -> None:
    """Call the target, and let what ends it be said by the log, not in twenty lines beside it."""
    try:
        target(*args)
    except Exception:
        logger.exception("A process of the cluster failed.")
        raise SystemExit(1) from None


def _ask_all_to_stop(number: int, frame: FrameType | None) -> None:
    os.killpg(0, signal.SIGUSR1)


def _be_a_plain_child() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def run(name: str, signs_file: int) -> None:
    """Keep the cluster of that name running in children of this process until SIGTERM.

    name: as in settings.Q_CLUSTER. signs_file: an open file for signs of life.
    """
    long_tasks.listen(signs_file)
    if name == working.JUDGE_CLUSTER:
        with loading.uncollected():
            judge_in_use.load_client()  # once here instead of once in each worker
    Nursery(name, lambda: be(name)).keep()


def be(name: str) -> None:
    """Be the sentinel of the cluster of that name, once the database is there, until SIGTERM."""
    cluster = Cluster()
    while long_tasks.may_go_on():
        try:
            take_over(name, timezone.now())
        except (OperationalError, InterfaceError) as error:
            log_lines.write(logger, logging.WARNING, "database away", reason=error)
            connection.close()
            time.sleep(LOOK_AGAIN_S)
        else:
            cluster.start()
            return


def take_over(name: str, now: datetime) -> None:
    """Free what a killed cluster of that name held, and queue what must not wait for its tick."""
    clock.clamp(now)
    give_back(name, now + GIVE_BACK_AFTER)
    if name == working.JUDGE_CLUSTER:
        working.end_leases_of_dead(now)
    else:
        ticks.ensure(ticks.TICKS, now)
        environment.note_start(now)
    for task in ticks.AT_START[name]:
        enqueue(task, cluster=name)


def give_back(name: str, at: datetime) -> int:
    """Let what a killed cluster had taken be taken again at `at`, and return how many tasks.

    Without it they wait for `retry`, a quarter of an hour. Where several machines share the queue,
    what another one is working on is executed twice: every task must stand that.
    """
    return int(OrmQ.objects.filter(key=name, lock__gt=at).update(lock=at))
