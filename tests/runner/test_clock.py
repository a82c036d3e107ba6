"""A clock that is set forward or back stops no schedule and fools nobody who watches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psutil
import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from alerts.incidents import detection
from core.background import heartbeats, holders, leases
from core.background.clock_steps import StepWatch
from core.background.queue import enqueue
from core.models import Heartbeat, Lease
from runner.clusters import clock, ticks
from runner.clusters.broker import Broker
from signals_app.models import JudgeJob
from signals_app.queue import insertion, jobs, working
from tests.signals_app import conversations
from tests.signals_app.waiting import job_of
from tests.traces.arrivals import new_project
from traces.models import Trace

pytestmark = pytest.mark.django_db(transaction=True)

AN_HOUR = timedelta(hours=1)


class Clocks:
    """A wall clock that can be set, and a steady one that cannot."""

    wall, steady = 1000.0, 10.0

    def watch(self) -> StepWatch:
        return StepWatch(lambda: self.wall, lambda: self.steady)

    def pass_by(self, seconds: float, step: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds + step


def test_a_step_is_told_once_and_slow_corrections_are_none() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.pass_by(5000)
    assert watch.look() == 0
    clocks.pass_by(60, step=0.5)
    assert watch.look() == 0
    clocks.pass_by(1, step=3600)
    assert watch.look() == pytest.approx(3600)
    assert watch.look() == 0
    clocks.pass_by(1, step=-3600)
    assert watch.look() == pytest.approx(-3600)


def test_what_a_clock_ahead_wrote_is_due_when_it_would_have_been() -> None:
    now = timezone.now()
    ahead = now + AN_HOUR
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 1, now=ahead)
    insertion.insert([job_of(signal, uuid4(), ahead)], ahead)
    enqueue("core.tasks.prune_failures")
    OrmQ.objects.update(lock=ahead)
    ticks.ensure(ticks.TICKS, ahead)
    heartbeats.write("sweep", ahead)
    clock.set_back(3600, now)
    soon = now + timedelta(minutes=3)
    assert Trace.objects.filter(due_at__isnull=False, due_at__gt=soon).count() == 0
    assert JudgeJob.objects.filter(available_at__gt=soon).count() == 0
    assert OrmQ.objects.filter(lock__gt=now).count() == 0
    assert Heartbeat.objects.get(name="sweep").beat_at == now


def test_a_schedule_of_a_clock_ahead_runs_now_at_its_own_second() -> None:
    now = timezone.now()
    ticks.ensure(ticks.TICKS, now)
    untouched = dict(Schedule.objects.values_list("name", "next_run"))
    clock.clamp(now)
    assert dict(Schedule.objects.values_list("name", "next_run")) == untouched
    Schedule.objects.update(next_run=now + timedelta(days=1))
    Schedule.objects.filter(name="alerts").update(next_run=at_second(now + timedelta(days=1), 12))
    clock.clamp(now)
    assert Schedule.objects.filter(next_run__gt=now).count() == 0
    assert Schedule.objects.get(name="alerts").next_run.second == 12


def at_second(moment: datetime, second: int) -> datetime:
    return moment.replace(second=second, microsecond=0)


def test_what_waits_by_right_is_left_alone() -> None:
    now = timezone.now()
    signal = conversations.signal(conversations.project())
    insertion.insert([job_of(signal, uuid4(), jobs.HELD_UNTIL)], now)
    OrmQ.objects.create(key="signals", payload="", lock=now + timedelta(seconds=899))
    Lease.objects.create(name="sweep", holder=uuid4(), until=now + timedelta(seconds=29))
    clock.clamp(now)
    assert JudgeJob.objects.get().available_at == jobs.HELD_UNTIL
    assert OrmQ.objects.get().lock == now + timedelta(seconds=899)
    assert Lease.objects.get().until == now + timedelta(seconds=29)
    clock.set_back(3600, now)
    assert JudgeJob.objects.get().available_at == jobs.HELD_UNTIL, "a person is waited for"


def test_leases_of_a_clock_ahead_end_in_time() -> None:
    now = timezone.now()
    Lease.objects.create(name="sweep", holder=uuid4(), until=now + AN_HOUR)
    clock.clamp(now)
    later = now + timedelta(seconds=leases.LEASE_S + 10)
    assert leases.take("sweep", holders.new_token(), later)


def test_nobody_is_taken_for_dead_because_the_clock_was_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = holders.new_token()
    began = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: began(self) + 3600)
    assert not holders.is_dead(token)


def test_targets_of_living_pumps_are_not_reaped_after_a_step_forward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    signal = conversations.signal(conversations.project())
    insertion.insert([job_of(signal, uuid4(), now)], now)
    assert len(jobs.claim(1, now)) == 1
    clocks = Clocks()
    monkeypatch.setattr(working, "_clock", clocks.watch())
    monkeypatch.setattr(working, "_reaps_from", 0.0)
    clocks.pass_by(1, step=3600)
    assert working.reap(now + AN_HOUR) == 0
    assert JudgeJob.objects.get().attempts == 1
    monkeypatch.setattr(working, "_reaps_from", 0.0)  # as if a while had passed
    assert working.reap(now + AN_HOUR) == 1


@pytest.mark.parametrize("step", [AN_HOUR, -AN_HOUR])
def test_a_worker_that_does_not_live_is_missed_whichever_way_the_clock_went(
    step: timedelta,
) -> None:
    conversations.signal(new_project())
    heartbeats.write("sweep", timezone.now())
    assert len(list(detection.stopped_worker(timezone.now() + step))) == 1


def test_the_broker_moves_along_what_waits_when_it_sees_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(clock, "set_back", lambda back_s, now: told.append(back_s))
    broker, clocks = Broker("signals"), Clocks()
    broker._clock = clocks.watch()
    clocks.pass_by(1, step=-3600)
    broker.dequeue()
    broker.dequeue()
    assert told == [pytest.approx(3600)]
