"""The counts kept on the way and the counts made anew are the same, whatever happened."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from signals_app.judging.questions import Ruling, failed, skipped
from signals_app.labels import count_changes
from signals_app.models import Classification, JudgeJob, LabelCount
from signals_app.queue import completing, jobs, queueing
from signals_app.queue.completing import Done
from signals_app.queue.insertion import NewJob
from tests.signals_app.waiting import live_job

pytestmark = pytest.mark.django_db(transaction=True)
Rows = dict[tuple[object, ...], int]


def counts() -> Rows:
    rows = LabelCount.objects.exclude(n=0).values_list(
        "project_id",
        "signal_id",
        "grain",
        "bucket",
        "version_id",
        "source",
        "outcome",
        "label",
        "sample_rate",
        "n",
    )
    return {row[:-1]: row[-1] for row in rows}


def new_job(target: UUID, revision: int, version_id: int, at: datetime) -> NewJob:
    return live_job(target, at, version=version_id, revision=revision)


def ruling(chance: random.Random) -> Ruling:
    return chance.choice(
        [
            Ruling("labelled", label="true"),
            Ruling("labelled", label="false"),
            failed("It broke."),
            skipped("Nothing there."),
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_after_a_random_history_with_revisions_a_recount_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    now = timezone.now()
    targets = [uuid4() for _ in range(12)]
    revisions: dict[tuple[UUID, int], int] = {}
    for step in range(25):
        at = now + timedelta(minutes=7 * step)
        wanted = []
        for _ in range(chance.randint(1, 9)):
            key = chance.choice(targets), chance.choice([4, 5])
            revisions[key] = revisions.get(key, 0) + 1
            wanted.append(new_job(key[0], revisions[key], key[1], at))
        queueing.insert(wanted, at)
        claimed = jobs.claim(chance.randint(1, 12), at)
        chance.shuffle(claimed)
        if chance.random() < 0.3:  # a run counts at its targets' time
            JudgeJob.objects.filter(id__in=[job.id for job in claimed]).update(source="run")
        completing.complete([Done(job, ruling(chance)) for job in claimed], at)
    kept = counts()
    assert sum(n for key, n in kept.items() if key[2] == "m") == (
        Classification.objects.filter(is_current=True).count()
    )
    call_command("recount", verbosity=0)
    assert counts() == kept


def test_an_older_revision_that_comes_late_is_kept_but_does_not_count() -> None:
    now, target = timezone.now(), uuid4()
    queueing.insert([new_job(target, 1, 4, now)], now)
    (old,) = jobs.claim(5, now)
    queueing.insert([new_job(target, 2, 4, now)], now)
    (new,) = jobs.claim(5, now)
    completing.complete([Done(new, Ruling("labelled", label="true"))], now)
    completing.complete([Done(old, Ruling("labelled", label="false"))], now)
    found = dict(Classification.objects.values_list("revision", "is_current"))
    assert found == {1: False, 2: True}
    assert [(key[7], n) for key, n in counts().items() if key[2] == "m"] == [("true", 1)]


def test_two_revisions_in_one_batch_leave_the_newer_one_current() -> None:
    now, target = timezone.now(), uuid4()
    queueing.insert([new_job(target, 1, 4, now)], now)
    claimed = jobs.claim(5, now)
    queueing.insert([new_job(target, 2, 4, now)], now)
    claimed += jobs.claim(5, now)
    completing.complete([Done(job, Ruling("labelled", label="true")) for job in claimed], now)
    found = dict(Classification.objects.values_list("revision", "is_current"))
    assert found == {1: False, 2: True}


def test_a_waiting_older_revision_gives_way_to_a_newer_one() -> None:
    now, target = timezone.now(), uuid4()
    queueing.insert([new_job(target, 1, 4, now)], now)
    queueing.insert([new_job(target, 2, 4, now)], now)
    assert list(JudgeJob.objects.values_list("revision", flat=True)) == [2]


def test_who_lost_the_lease_writes_nothing() -> None:
    now = timezone.now()
    queueing.insert([new_job(uuid4(), 1, 4, now)], now)
    (mine,) = jobs.claim(1, now)
    JudgeJob.objects.update(lease_token=uuid4())
    assert completing.complete([Done(mine, Ruling("labelled", label="true"))], now) == 0
    assert not Classification.objects.exists()
    assert counts() == {}
    assert JudgeJob.objects.count() == 1


def test_the_same_completion_twice_counts_once() -> None:
    now = timezone.now()
    queueing.insert([new_job(uuid4(), 1, 4, now)], now)
    done = [Done(job, Ruling("labelled", label="true")) for job in jobs.claim(1, now)]
    assert completing.complete(done, now) == 1
    assert completing.complete(done, now) == 0
    assert sorted(counts().values()) == [1, 1]


def test_a_recount_repairs_what_was_wrong() -> None:
    now = timezone.now()
    queueing.insert([new_job(uuid4(), 1, 4, now)], now)
    completing.complete(
        [Done(j, Ruling("labelled", label="true")) for j in jobs.claim(1, now)], now
    )
    right = counts()
    LabelCount.objects.update(n=99)
    count_changes.recount()
    assert counts() == right
