"""Any process of the real worker may be killed in the middle of judging: every target is
labelled exactly once in the end, and nobody has to help."""

from __future__ import annotations

import random
import time

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from signals_app.models import Classification, JudgeJob, LabelCount
from tests.fake_judge import FakeJudge
from tests.server import Worker, test_database_url, wait_until
from tests.signals_app import conversations

TARGETS = 300


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_whatever_is_killed_every_target_is_labelled_exactly_once() -> None:
    project = conversations.project()
    conversations.signal(project)
    sent = conversations.send_traces(project, TARGETS, now=timezone.now())
    with FakeJudge(latency_s=0.5) as judge:
        environment = {
            "JUDGE_BASE_URL": judge.url,
            "JUDGE_CONCURRENCY": "8",
            "JUDGE_PUMPS": "2",
            "JUDGE_LEASE_S": "6",
            "JUDGE_RETRY_BASE_S": "1",
            "DEMO": "false",
        }
        with Worker(test_database_url(), environment) as worker:
            wait_until(lambda: labelled() > 0, 60, "the first label")
            killed = kill_one_of_each_kind(worker.pid)
            assert killed >= 6
            wait_until(lambda: labelled() >= TARGETS, 240, f"all labels ({worker.output})")
    connection.close()
    found = list(Classification.objects.values_list("target", "outcome"))
    assert {target.bytes for target, _ in found} == set(sent)
    assert len(found) == TARGETS
    assert {outcome for _, outcome in found} == {"labelled"}
    assert not JudgeJob.objects.exists()
    counted = LabelCount.objects.filter(grain="m").values_list("n", flat=True)
    assert sum(counted) == TARGETS


def labelled() -> int:
    return Classification.objects.count()


def kill_one_of_each_kind(worker_pid: int) -> int:
    """With a pause between: watchdog's children, sentinels, pushers, monitors, pumps, idle ones.

    The processes of a cluster are alike from outside, so enough of them are picked at random
    that every kind is met; the two clusters have six and six.
    """
    chance, killed = random.Random(4), 0
    for _ in range(8):
        family = psutil.Process(worker_pid).children(recursive=True)
        if family and labelled() < TARGETS - 20:
            chance.choice(family).kill()
            killed += 1
            time.sleep(3)
    return killed
