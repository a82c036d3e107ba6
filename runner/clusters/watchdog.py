"""Keeps the worker's django-q2 clusters alive, by replacing whole clusters."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psutil
from django.conf import settings
from django.db import Error, close_old_connections
from django.utils import timezone

from core.background import heartbeats, schedules
from core.background.queue import enqueue, give_back
from runner.child_process import Child, manage
from runner.clusters.ticks import AT_START, TICKS
from runner.watch_rules import Action, Limits, Sight, Verdict, judge

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
BEAT_EVERY_S = 15.0
MEMORY_EVERY_S = 5.0
#: A stop must be quick: what was cut off is taken up again by leases and ticks.
STOP_S = 8.0
#: One that does not even come up is started again more and more slowly.
LONGEST_PAUSE_S = 30.0
GIVE_BACK_AFTER = timedelta(seconds=10)
#: Main, sentinel, pusher, monitor.
BESIDE_WORKERS = 4


def worker_count(name: str) -> int:
    """How many workers the settings give to the cluster of that name."""
    shared: dict[str, Any] = settings.Q_CLUSTER
    own: dict[str, Any] = shared["ALT_CLUSTERS"].get(name, {})
    return int((shared | own)["workers"])


class WatchedCluster:
    """One cluster and what was last seen of it."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.size = BESIDE_WORKERS + worker_count(name)
        self.child = self._child()
        self.last_beat: datetime | None = None
        self._members: list[psutil.Process] = []
        self._complete_since = 0.0
        self._largest = 0
        self._measured_at = 0.0
        self._retiring_since: float | None = None
        self._pause_s = 0.0
        self._start_at = 0.0

    def _child(self) -> Child:
        environment = {"Q_CLUSTER_NAME": self.name}
        words = manage("cluster")
        return Child(self.name, words, environment=environment, on_our_death=signal.SIGKILL)

    @property
    def is_down(self) -> bool:
        """Ended, and waiting for its next start."""
        return self.child.pid == 0

    def start(self) -> None:
        self._members, self._largest, self._retiring_since = [], 0, None
        self.child = self._child()
        self.child.start()

    def look(self, now: float, wall: datetime) -> None:
        """One round: see, decide, act."""
        if self.is_down:
            if now >= self._start_at:
                self.start()
                tolerantly(partial(queue_first_tasks, self.name, wall))
            return
        if self._retiring_since is not None and self.child.has_ended():
            self._end(Verdict(Action.KILL, "has stopped to be replaced"), now)
            return
        verdict = judge(self._see(now, wall), self.limits)
        if verdict.action is Action.KILL:
            self._end(verdict, now)
        elif verdict.action is Action.RETIRE:
            logger.warning("The cluster %s %s: replacing it.", self.name, verdict.reason)
            self._retiring_since = now
            self.ask_to_stop()

    def ask_to_stop(self) -> None:
        """Loops end their round (`long_tasks`), then the first process stops the others."""
        if self.child.pid and not self.child.has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGUSR1)
            self.child.ask_to_stop()

    def _see(self, now: float, wall: datetime) -> Sight:
        if not self._members:
            self._find_members(now)
        if now - self._measured_at > MEMORY_EVERY_S:
            self._measured_at = now
            self._largest = max((memory_of(each) for each in self._members), default=0)
        silent_s = (wall - self.last_beat).total_seconds() if self.last_beat else float("inf")
        return Sight(
            age_s=now - self.child.started_at,
            complete_for_s=now - self._complete_since if self._members else None,
            a_process_died=self.child.has_ended() or not all(map(is_alive, self._members)),
            beat_age_s=silent_s,
            largest_process=self._largest,
            retiring_for_s=None if self._retiring_since is None else now - self._retiring_since,
        )

    def _find_members(self, now: float) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.child.pid)
            found = [first, *first.children(recursive=True)]
            if len(found) >= self.size:
                self._members = found
                self._complete_since = now

    def _end(self, verdict: Verdict, now: float) -> None:
        logger.warning("The cluster %s %s: starting a fresh one.", self.name, verdict.reason)
        self.child.end()
        came_up = bool(self._members)
        self._pause_s = 0.0 if came_up else min(max(self._pause_s * 2, 1.0), LONGEST_PAUSE_S)
        self._start_at = now + self._pause_s
        self.child = self._child()


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def memory_of(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def tolerantly(act: Callable[[], object]) -> bool:
    """Do something with the database; while it is away the clusters are not to blame."""
    try:
        close_old_connections()
        act()
    except Error as error:
        logger.warning("The database does not answer the watchdog: %s", error)
        return False
    return True


def queue_first_tasks(cluster: str, now: datetime) -> None:
    """What a fresh cluster begins with; what the one before it had taken comes a bit later,
    so that a task which kills its worker does not keep all others from being executed."""
    give_back(cluster, now + GIVE_BACK_AFTER)
    for task in AT_START.get(cluster, ()):
        enqueue(task, cluster=cluster)


class Watchdog:
    """`run()` returns after SIGTERM or SIGINT, when all clusters are gone."""

    def __init__(self, names: tuple[str, ...] = ("signals", "judge")) -> None:
        limits = Limits(stale_s=settings.WORKER_STALE_S)
        self.clusters = [WatchedCluster(name, limits) for name in names]
        self._asked_to_stop = False
        self._schedules_stand = False
        self._next_beat = 0.0

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._note_stop())
        while not self._asked_to_stop:
            self._schedules_stand = self._schedules_stand or tolerantly(self._write_schedules)
            for cluster in self.clusters:
                cluster.look(time.monotonic(), timezone.now())
            self._keep_beats(time.monotonic())
            time.sleep(LOOK_EVERY_S)
        self._stop()

    def _note_stop(self) -> None:
        self._asked_to_stop = True

    def _write_schedules(self) -> None:
        schedules.ensure(TICKS, timezone.now())

    def _keep_beats(self, now: float) -> None:
        if now < self._next_beat:
            return
        self._next_beat = now + min(BEAT_EVERY_S, settings.WORKER_STALE_S / 4)
        if not tolerantly(self._exchange_beats):
            # Nothing can beat without a database: silence counts from its return.
            for cluster in self.clusters:
                cluster.last_beat = timezone.now()

    def _exchange_beats(self) -> None:
        for cluster in self.clusters:
            cluster.last_beat = heartbeats.last(cluster.name)
            enqueue("core.tasks.beat", cluster.name, cluster=cluster.name)

    def _stop(self) -> None:
        for cluster in self.clusters:
            cluster.ask_to_stop()
        deadline = time.monotonic() + STOP_S
        for cluster in self.clusters:
            cluster.child.wait(deadline - time.monotonic())
            cluster.child.end()
