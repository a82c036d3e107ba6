"""The schedules table says exactly what the program wants, however often it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from core.background.queue import enqueue
from runner.clusters import ticks
from runner.clusters.cluster import give_back
from runner.clusters.ticks import Tick

pytestmark = pytest.mark.django_db

SWEEP = Tick("sweep", "core.tasks.prune_failures")


def test_writing_twice_makes_one_row_and_keeps_its_next_run() -> None:
    now = timezone.now()
    ticks.ensure([SWEEP], now)
    ticks.ensure([SWEEP], now + timedelta(hours=1))
    row = Schedule.objects.get()
    assert (row.func, row.minutes, row.repeats) == ("core.tasks.prune_failures", 1, -1)
    assert row.next_run == now


def test_a_tick_with_a_second_is_due_at_that_second_of_every_minute() -> None:
    now = timezone.now().replace(second=47, microsecond=5)
    ticks.ensure([SWEEP], now)
    ticks.ensure([replace(SWEEP, second=12)], now + timedelta(hours=1))
    row = Schedule.objects.get()
    assert row.next_run == now.replace(second=12, microsecond=0)
    assert row.calculate_next_run(row.next_run).second == 12


def test_a_changed_tick_is_changed_and_a_dropped_one_goes() -> None:
    now = timezone.now()
    ticks.ensure([SWEEP, Tick("old", "core.tasks.prune_failures")], now)
    ticks.ensure([Tick("sweep", "core.tasks.prune_failures", minutes=5)], now)
    assert list(Schedule.objects.values_list("name", "minutes")) == [("sweep", 5)]


def test_doubled_rows_of_an_older_version_become_one() -> None:
    now = timezone.now()
    for _ in range(2):
        Schedule.objects.create(name="sweep", func="core.tasks.prune_failures", next_run=now)
    ticks.ensure([SWEEP], now)
    assert Schedule.objects.count() == 1


def test_only_what_a_cluster_had_taken_is_given_back() -> None:
    now = timezone.now()
    enqueue("tests.runner.work.leave_row", "taken")
    OrmQ.objects.update(lock=now + timedelta(minutes=15))
    enqueue("tests.runner.work.leave_row", "waiting")
    soon = now + timedelta(seconds=10)
    assert give_back("judge", soon) == 0
    assert give_back("signals", soon) == 1
    assert sorted(OrmQ.objects.values_list("lock", flat=True))[-1] == soon
