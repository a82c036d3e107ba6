"""Judging is back within seconds, whichever process of the worker is killed with -9."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from signals_app.models import Classification
from teams.models import Project
from tests.fake_judge import Answer, FakeJudge, Request, verdict
from tests.runner.processes import Tree
from tests.server import Worker, test_database_url, wait_until
from tests.signals_app import conversations

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: The bound that we state, for a new target. How long each took is printed (pytest -s).
BACK_WITHIN_S = 15.0
ANSWER_S = 1.0
UNDER_WAY = 6
#: What was under way is asked again, at worst one target after the other.
ALL_WITHIN_S = BACK_WITHIN_S + UNDER_WAY * ANSWER_S
numbers = itertools.count(1)

VICTIMS: dict[str, Callable[[Tree], psutil.Process]] = {
    "a pump that waits for answers": lambda tree: tree.busiest("judge"),
    "the judging cluster's pusher": lambda tree: tree.pool("judge")[-1],
    "the judging cluster's monitor": lambda tree: tree.pool("judge")[-2],
    "the judging cluster's sentinel": lambda tree: tree.sentinel("judge"),
    "the judging cluster's nursery": lambda tree: tree.nursery("judge"),
    "a worker of the ticks": lambda tree: tree.pool("signals")[0],
    "the worker that sweeps": lambda tree: tree.busiest("signals"),
    "the ticks' pusher": lambda tree: tree.pool("signals")[-1],
    "the ticks' monitor": lambda tree: tree.pool("signals")[-2],
    "the ticks' sentinel": lambda tree: tree.sentinel("signals"),
    "the ticks' nursery": lambda tree: tree.nursery("signals"),
    "the watchdog": lambda tree: tree.watchdog,
}


def slow_answer(request: Request) -> Answer:
    time.sleep(ANSWER_S)
    return verdict("true")


def labelled(traces: list[bytes]) -> int:
    targets = Classification.objects.values_list("target", flat=True)
    return len({target.bytes for target in targets} & set(traces))


def send(project: Project, count: int) -> list[bytes]:
    question = f"hello {next(numbers)}"
    return conversations.send_traces(project, count, now=timezone.now(), asked=question)


def seconds_until_judging_is_back(
    project: Project, judge: FakeJudge, kill: Callable[[], None], worker: Worker
) -> tuple[float, float]:
    """Kill while questions are under way, and return two waits.

    The first is that of what was sent right after the death, the second that of all that was under
    way; both until there is a label.
    """
    asked_before = len(judge.requests)
    under_way = send(project, UNDER_WAY)
    wait_until(
        lambda: len(judge.requests) >= asked_before + 2, 30, f"questions ({worker.output()})"
    )
    kill()
    began = time.monotonic()
    fresh = send(project, 1)
    wait_until(lambda: labelled(fresh) == 1, 90, f"the fresh one ({worker.output()})")
    back_s = time.monotonic() - began
    wait_until(lambda: labelled(under_way) == UNDER_WAY, 90, f"those under way ({worker.output()})")
    return back_s, time.monotonic() - began


def environment(judge: FakeJudge) -> dict[str, str]:
    return {"JUDGE_BASE_URL": judge.url, "JUDGE_CONCURRENCY": "4", "TRACE_QUIET_S": "0"}


def is_late(back_s: float, all_s: float) -> bool:
    return back_s > BACK_WITHIN_S or all_s > ALL_WITHIN_S


def report(name: str, back_s: float, all_s: float) -> None:
    print(f"{name}: a fresh target {back_s:.1f} s, all that was under way {all_s:.1f} s")  # noqa: T201


def test_judging_is_back_whichever_process_is_killed() -> None:
    project = conversations.project()
    conversations.signal(project)
    took: dict[str, tuple[float, float]] = {}
    with FakeJudge(slow_answer) as judge, Worker(test_database_url(), environment(judge)) as worker:
        tree = Tree(worker)
        for name, choose in VICTIMS.items():
            wait_until(tree.is_complete, 30, f"the worker is complete before {name}")
            victim = choose

            def kill(choose: Callable[[Tree], psutil.Process] = victim) -> None:
                choose(tree).kill()

            took[name] = seconds_until_judging_is_back(project, judge, kill, worker)
            report(name, *took[name])
    connection.close()
    assert not {name: seconds for name, seconds in took.items() if is_late(*seconds)}


def test_judging_is_back_when_a_killed_worker_is_started_again() -> None:
    """Kill the parent itself: whoever looks after it, here the test, starts another one."""
    project = conversations.project()
    conversations.signal(project)
    with FakeJudge(slow_answer) as judge, Worker(test_database_url(), environment(judge)) as worker:
        tree = Tree(worker)
        wait_until(tree.is_complete, 30, "the worker is complete")

        def kill_and_start_again() -> None:
            family = tree.top.children(recursive=True)
            tree.top.kill()
            worker.child.wait(5)
            worker.child.start()
            assert family

        took = seconds_until_judging_is_back(project, judge, kill_and_start_again, worker)
        report("the worker's parent", *took)
    connection.close()
    assert not is_late(*took)
