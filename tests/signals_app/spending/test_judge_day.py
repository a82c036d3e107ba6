"""Over the day's number of a team its targets wait, and those of others do not."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.utils import timezone

from signals_app.models import JudgeJob, JudgeSpend, Signal
from signals_app.queue import jobs, queueing
from signals_app.spending import judge_day
from tests.signals_app.labelled import new_agent, new_signal
from tests.signals_app.waiting import job_of
from tests.traces.arrivals import new_project, trace_id_of

pytestmark = pytest.mark.django_db


def took(signal: Signal, n: int, kind: str = "labelled", days_ago: int = 0) -> None:
    JudgeSpend.objects.create(
        project_id=signal.project_id, bucket=timezone.now() - timedelta(days=days_ago),
        signal_id=signal.pk, source="live", kind=kind, n=n,
    )  # fmt: skip


def test_targets_of_a_team_over_its_day_wait_and_are_not_failed(
    signal: Signal, settings: Any
) -> None:
    settings.TEAM_JUDGE_CALLS_PER_DAY = 10
    judge_day._known.clear()
    now = timezone.now()
    other = new_signal(new_agent(new_project("Theirs")))
    for each in (signal, other):
        queueing.insert([job_of(each, trace_id_of("a"), now)], now)
    took(signal, 9)
    took(signal, 50, kind="skipped")
    took(signal, 50, days_ago=1)
    assert not judge_day.is_used_up(signal.project.team_id, now)
    took(signal, 1, kind="failed")
    assert judge_day.is_used_up(signal.project.team_id, now)
    claimed = jobs.claim(10, now)
    assert [job.team_id for job in claimed] == [other.project.team_id]
    assert not jobs.has_work(now)
    waiting = JudgeJob.objects.get(project_id=signal.project_id)
    assert (waiting.attempts, waiting.last_error) == (0, "")
    judge_day._known.clear()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight += timedelta(days=1)
    assert jobs.has_work(midnight)
    assert len(jobs.claim(10, midnight)) == 1


def test_without_a_limit_nobody_counts(signal: Signal, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert judge_day.below([1, 2], timezone.now()) == [1, 2]
