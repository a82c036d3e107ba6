"""The worker goes on executing tasks whatever is killed, and stops when it is told to."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial

import psutil
import pytest

from core.background.queue import enqueue
from core.models import Heartbeat
from runner.clusters.watchdog import STOP_S
from tests.runner.processes import WORKERS, Tree, are_gone, is_alive
from tests.server import Worker, wait_until

pytestmark = pytest.mark.slow

#: What a killed cluster had taken is given back after ten seconds.
RUNS_AGAIN_S = 40
RECOVERY_S = 15
probes = itertools.count(1)


def probe() -> str:
    name = f"probe {next(probes)}"
    enqueue("tests.runner.work.leave_row", name)
    return name


def executes_tasks(within_s: float, after: str = "the start") -> None:
    """Asks every second: what was taken just before a death comes back only after a while."""
    names: list[str] = []
    asked_at = 0.0

    def one_is_done() -> bool:
        nonlocal asked_at
        if time.monotonic() - asked_at > 1:
            asked_at = time.monotonic()
            names.append(probe())
        return Heartbeat.objects.filter(name__in=names).exists()

    wait_until(one_is_done, within_s, f"a task is executed after {after}")


def busy_pid() -> int | None:
    row = Heartbeat.objects.filter(name__startswith="busy ").order_by("-beat_at").first()
    return int(row.name.split()[1]) if row else None


def is_busy_other_than(pid: int) -> bool:
    return busy_pid() not in (None, pid)


def busy_worker(tree: Tree) -> psutil.Process:
    Heartbeat.objects.filter(name__startswith="busy ").delete()
    enqueue("tests.runner.work.sleep", 10)
    wait_until(lambda: busy_pid() is not None, RECOVERY_S, "a worker is busy")
    return psutil.Process(busy_pid())


VICTIMS: dict[str, Callable[[Tree], psutil.Process]] = {
    "an idle worker": lambda tree: tree.pool()[0],
    "a busy worker": busy_worker,
    "the pusher": lambda tree: tree.pool()[-1],
    "the monitor": lambda tree: tree.pool()[-2],
    "the sentinel": lambda tree: tree.sentinel(),
    "the nursery": lambda tree: tree.nursery(),
    "the watchdog": lambda tree: tree.watchdog,
}


def test_tasks_go_on_whichever_process_is_killed(database_url: str) -> None:
    with Worker(database_url) as worker:
        tree = Tree(worker)
        for name, choose in VICTIMS.items():
            wait_until(tree.is_complete, RECOVERY_S, f"the worker is complete before {name}")
            time.sleep(0.5)
            before = tree.sentinel().children(recursive=True)
            victim = choose(tree)
            victim.kill()
            wait_until(partial(are_gone, before), RECOVERY_S, f"nothing is left after {name}")
            executes_tasks(RECOVERY_S, f"{name} was killed")
            if name == "a busy worker":
                again = partial(is_busy_other_than, victim.pid)
                wait_until(again, RUNS_AGAIN_S, "the task of the busy worker runs again")


def test_work_starts_within_seconds_and_all_of_it_ends(database_url: str) -> None:
    with Worker(database_url) as worker:
        executes_tasks(within_s=10)
        everyone = Tree(worker).top.children(recursive=True)
        assert len(everyone) > 2 * WORKERS["signals"]
    assert are_gone(everyone)


def test_a_loop_ends_its_round_when_the_worker_stops(database_url: str) -> None:
    with Worker(database_url) as worker:
        enqueue("tests.runner.work.loop", 60)
        wait_until(lambda: busy_pid() is not None, RECOVERY_S, "the loop runs")
        began = time.monotonic()
        worker.child.stop(patience_s=30)
        assert time.monotonic() - began < STOP_S - 2
    assert Heartbeat.objects.filter(name="loop ended").exists()


def test_a_task_that_does_not_end_is_cut_off(database_url: str) -> None:
    with Worker(database_url) as worker:
        enqueue("tests.runner.work.sleep", 60)
        wait_until(lambda: busy_pid() is not None, RECOVERY_S, "the task runs")
        everyone = Tree(worker).top.children(recursive=True)
        began = time.monotonic()
        worker.child.stop(patience_s=30)
        assert time.monotonic() - began < STOP_S + 4
    assert are_gone(everyone)


def test_a_cluster_that_executes_nothing_is_replaced(database_url: str) -> None:
    """Stopped, not killed: no process is missing, and yet nothing happens."""
    with Worker(database_url, {"WORKER_STALE_S": "8"}) as worker:
        tree = Tree(worker)
        wait_until(tree.is_complete, RECOVERY_S)
        executes_tasks(RECOVERY_S)
        hung = tree.sentinel()
        for each in tree.pool():
            each.suspend()
        executes_tasks(within_s=40, after="its pool was stopped")
        assert not is_alive(hung)


def test_a_cluster_full_of_long_tasks_is_left_in_peace(database_url: str) -> None:
    """Hold all workers by loops for longer than a cluster may be silent: the ticks' shape."""
    with Worker(database_url, {"WORKER_STALE_S": "5"}) as worker:
        tree = Tree(worker)
        wait_until(tree.is_complete, RECOVERY_S)
        for _ in range(WORKERS["signals"]):
            enqueue("tests.runner.work.loop", 16)
        is_busy = Heartbeat.objects.filter(name__startswith="busy ").count
        wait_until(lambda: is_busy() >= WORKERS["signals"] - 1, RECOVERY_S, "the workers are busy")
        wait_until(Heartbeat.objects.filter(name="loop ended").exists, 30, "a loop has ended")
        assert "starting it again" not in worker.output()


def test_django_q2_itself_replaces_workers_that_are_large_or_take_too_long(
    database_url: str,
) -> None:
    lean = {"DJANGO_SETTINGS_MODULE": "tests.runner.lean_settings"}
    with Worker(database_url, lean) as worker:
        tree = Tree(worker)
        wait_until(tree.is_complete, RECOVERY_S)
        sentinel, first = tree.sentinel(), tree.pool()
        wait_until(
            lambda: sum(not is_alive(each) for each in first) == WORKERS["signals"],
            60,
            "each worker has left after its task",
        )
        enqueue("tests.runner.work.sleep", 600)
        wait_until(lambda: busy_pid() is not None, RECOVERY_S, "a worker is busy")
        busy = psutil.Process(busy_pid())
        wait_until(lambda: not is_alive(busy), RECOVERY_S, "the task that hangs is ended")
        executes_tasks(RECOVERY_S, "a task took too long")
        assert is_alive(sentinel)
        assert "starting it again" not in worker.output()
