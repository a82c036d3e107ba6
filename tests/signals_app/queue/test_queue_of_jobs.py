"""Who is served when, and what becomes of jobs whose worker died."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from core.background import holders
from signals_app.models import Classification, JudgeJob
from signals_app.queue import jobs, queueing, slots, working
from tests.signals_app.waiting import live_job

pytestmark = pytest.mark.django_db(transaction=True)


def queue(team: int, count: int, version: int = 4) -> None:
    now = timezone.now() - timedelta(minutes=1)
    rows = [live_job(uuid4(), now, team=team, version=version) for _ in range(count)]
    queueing.insert(rows, now)


def test_a_small_team_does_not_wait_for_a_large_one() -> None:
    queue(team=1, count=200)
    queue(team=2, count=5)
    claimed = jobs.claim(20, timezone.now())
    assert Counter(job.team_id for job in claimed) == {1: 15, 2: 5}


def test_one_team_alone_gets_everything() -> None:
    queue(team=1, count=30)
    assert len(jobs.claim(20, timezone.now())) == 20


def test_more_teams_than_places_are_served_in_turn() -> None:
    for team in range(1, 9):
        queue(team=team, count=3)
    claimed = jobs.claim(4, timezone.now())
    assert len({job.team_id for job in claimed}) == 4


def test_live_targets_go_before_runs() -> None:
    queue(team=1, count=10)
    JudgeJob.objects.update(priority=jobs.RUN_PRIORITY, source="run")
    queue(team=1, count=3)
    claimed = jobs.claim(5, timezone.now())
    assert Counter(job.source for job in claimed) == {"live": 3, "run": 2}


def test_a_claimed_job_is_not_claimed_again() -> None:
    queue(team=1, count=3)
    assert len(jobs.claim(5, timezone.now())) == 3
    assert jobs.claim(5, timezone.now()) == []


def test_targets_stay_together() -> None:
    now, targets = timezone.now(), [uuid4() for _ in range(4)]
    queueing.insert(
        [live_job(t, now, signal=v, version=v) for v in (4, 5, 6) for t in targets],
        now,
    )
    order = [job.target for job in jobs.claim(12, now)]
    assert [order[i] == order[i + 1] == order[i + 2] for i in (0, 3, 6, 9)] == [True] * 4


def test_a_job_whose_worker_died_waits_again_and_the_death_counts() -> None:
    queue(team=1, count=1)
    now = timezone.now()
    jobs.claim(1, now)
    assert working.reap(now + timedelta(seconds=10)) == 0
    assert working.reap(now + timedelta(seconds=70)) == 1
    job = JudgeJob.objects.get()
    assert (job.lease_until, job.attempts) == (None, 1)
    assert job.last_error == "The worker died once while judging this."


def test_a_target_that_kills_its_worker_again_and_again_ends_as_a_failure() -> None:
    queue(team=1, count=1)
    now = timezone.now()
    for _ in range(6):
        now += timedelta(hours=1)
        assert len(jobs.claim(1, now)) == 1
        now += timedelta(hours=1)
        working.reap(now)
    one = Classification.objects.get()
    assert one.outcome == "failed"
    assert one.reason == "The worker died 6 times while judging this."
    assert not JudgeJob.objects.exists()


def test_shares_of_all_slots_add_up_to_the_concurrency(settings: Any) -> None:
    for concurrency, pumps in [(64, 2), (7, 3), (1, 4), (2, 2)]:
        settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = concurrency, pumps
        assert sum(slots.share(number) for number in range(slots.count())) == concurrency


def test_a_slot_has_one_holder_until_its_lease_ends() -> None:
    now, held = timezone.now(), []
    for _ in range(slots.count()):
        held.append(slots.take(uuid4(), now))
    assert sorted(str(number) for number in held) == ["0", "1"]
    assert slots.take(uuid4(), now) is None
    assert slots.take(uuid4(), now + timedelta(seconds=31)) == 0


def test_what_a_process_of_this_machine_held_is_free_as_soon_as_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    gone = UUID(int=holders.new_token().int - (1000 << 48))  # its number, 1000 s before it
    monkeypatch.setattr(holders, "new_token", lambda: gone)
    queue(team=1, count=2)
    assert len(jobs.claim(2, now)) == 2
    assert slots.take(gone, now) == 0
    assert slots.free(now) == [0, 1]
    assert working.reap(now) == 0
    working.end_leases_of_dead(now)
    assert working.reap(now) == 2
    assert slots.take(uuid4(), now) == 0


def test_what_a_process_that_runs_holds_stays_its_own() -> None:
    now = timezone.now()
    queue(team=1, count=2)
    assert len(jobs.claim(2, now)) == 2
    assert slots.take(holders.new_token(), now) == 0
    assert slots.free(now) == [1]
    working.end_leases_of_dead(now)
    assert working.reap(now) == 0


def test_a_pump_is_queued_only_for_work_and_a_free_slot() -> None:
    now = timezone.now()
    assert working.arm(now) == 0
    queue(team=1, count=1)
    assert working.arm(now) == 2
    assert working.arm(timezone.now()) == 0


def test_a_part_of_the_sweep_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(now: object) -> int:
        raise ValueError("a trace that cannot be settled")

    monkeypatch.setattr(queueing, "settle_and_queue", breaks)
    queue(team=1, count=1)
    now = timezone.now()
    jobs.claim(1, now)
    assert working.sweep_once(now + timedelta(seconds=70)) == 1
    assert JudgeJob.objects.get().lease_until is None
