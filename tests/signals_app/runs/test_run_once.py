"""However runs, live work and retries overlap, a target is judged once under a version."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from signals_app import sampling
from signals_app.judging.questions import Ruling
from signals_app.labels import count_changes
from signals_app.models import Classification, JudgeJob, LabelCount, Run, Signal
from signals_app.queue import completing, jobs
from signals_app.queue.completing import Done
from signals_app.runs import preview as run_preview
from signals_app.runs import runs
from teams.models import Project
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from traces.models import Trace

Line = Callable[..., list[Classification]]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def feed_all() -> None:
    while runs.feed(timezone.now()):
        pass


def start(signal: Signal, rate: float | None = None, hours: float = 5) -> Run:
    now = timezone.now()
    return runs.start(signal, now - timedelta(hours=hours), now, rate, None, now)


def past(count: int, run_line: Line, **fields: object) -> tuple[Project, Signal]:
    """That many settled traces, from before there was a signal."""
    project = conversations.project()
    conversations.send_traces(project, count, now=timezone.now())
    run_line(pumps=0)
    return project, conversations.signal(project, **fields)  # type: ignore[arg-type]


def judge_all(run_line: Line) -> list[Classification]:
    """A pump leaves after a moment without work; on a busy machine that comes early."""
    found = run_line()
    while JudgeJob.objects.exists():
        found = run_line()
    return found


def counts_agree() -> bool:
    names = ("grain", "bucket", "source", "outcome", "label", "n")
    kept = set(LabelCount.objects.exclude(n=0).values_list(*names))
    count_changes.recount()
    return kept == set(LabelCount.objects.values_list(*names))


def test_two_overlapping_runs_and_live_work_judge_every_target_once(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project, signal = past(20, run_line)
    first = start(signal, 0.6)
    runs.feed(timezone.now())
    conversations.send_traces(project, 5, now=timezone.now())
    run_line(pumps=0)  # live jobs of the new five wait
    second = start(signal, 1.0)
    feed_all()
    found = judge_all(run_line)
    third = start(signal, 1.0)
    feed_all()
    judge_all(run_line)
    assert len(judge.requests) == len(found) == 25
    assert len({each.target for each in found}) == 25
    assert sorted(each.source for each in found) == ["live"] * 5 + ["run"] * 20
    for run in (first, second, third):
        run.refresh_from_db()
    assert (first.queued + second.queued, third.queued) == (20, 0)
    assert counts_agree()


def test_raising_the_rate_judges_exactly_what_the_sample_lacked(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    _project, signal = past(80, run_line)
    asked: list[set[UUID]] = []
    seen: set[UUID] = set()
    for rate in (0.1, 0.4, 0.4, 1.0):
        run = start(signal, rate)
        feed_all()
        targets = {each.target for each in judge_all(run_line)}
        run.refresh_from_db()
        assert run.expected == run.queued == len(targets - seen)
        asked.append(targets - seen)
        seen = targets
    every = set().union(*asked)
    place = {
        each: sampling.place(signal.sampling_salt, sampling.target_text(each)) for each in every
    }
    assert len(every) == len(judge.requests) == 80
    assert asked[0] == {each for each in every if place[each] < 0.1}
    assert asked[1] == {each for each in every if 0.1 <= place[each] < 0.4}
    assert asked[2] == set()


def test_a_cancelled_run_leaves_no_hole_in_a_run_that_overlaps_it(
    start_judge: StartJudge, run_line: Line
) -> None:
    start_judge()
    _project, signal = past(9, run_line)
    first = start(signal)
    feed_all()
    second = start(signal)
    feed_all()
    feed_all()
    assert runs.cancel(first, timezone.now()) == 9
    feed_all()
    found = judge_all(run_line)
    feed_all()
    second.refresh_from_db()
    assert [each.run_id for each in found] == [second.pk] * 9
    assert (second.state, second.matched, second.queued) == (Run.State.DONE, 9, 9)


def test_a_run_that_ended_is_not_cancelled_afterwards(run_line: Line) -> None:
    _project, signal = past(0, run_line)
    run = start(signal)
    feed_all()
    feed_all()
    with pytest.raises(runs.CannotRun, match="This run is done already"):
        runs.cancel(run, timezone.now())
    assert Run.objects.get().state == Run.State.DONE


def test_a_bite_that_waits_for_a_completion_does_not_queue_its_target_again(
    run_line: Line,
) -> None:
    """The job goes and the classification comes while the bite waits for the row."""
    _project, signal = past(1, run_line)
    start(signal)
    feed_all()
    claimed = jobs.claim(5, timezone.now())
    second = start(signal)
    bite = threading.Thread(target=_feed_in_a_thread)
    with transaction.atomic():
        completing.complete([Done(claimed[0], Ruling("labelled", label="true"))], timezone.now())
        bite.start()
        bite.join(timeout=1.0)
        assert bite.is_alive(), "the bite must meet the job before it is gone"
    bite.join(timeout=10)
    second.refresh_from_db()
    assert (second.matched, second.queued, JudgeJob.objects.count()) == (1, 0, 0)


def _feed_in_a_thread() -> None:
    try:
        runs.feed(timezone.now())
    finally:
        connection.close()


@pytest.mark.parametrize("scope", ["trace", "span", "session"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_said_before_is_what_is_queued(scope: str, seed: int, run_line: Line) -> None:
    chance = random.Random(seed)
    now = timezone.now()
    project = conversations.project()
    for number in range(30):
        conversations.send_traces(project, 1, now=now, session=f"s{number}")
    run_line(pumps=0)
    signal = conversations.signal(project, scope=scope)
    start(signal, 0.5)
    feed_all()
    claimed = jobs.claim(8, timezone.now())
    outcomes = [
        Ruling("labelled", label="true"),
        Ruling("failed", reason="It broke."),
        Ruling("skipped", reason="Nothing there."),
    ]
    completing.complete([Done(job, chance.choice(outcomes)) for job in claimed], now)
    waits = JudgeJob.objects.count()
    assert signal.live_version is not None
    window = now - timedelta(hours=5), now
    found = run_preview.count(signal, signal.live_version, *window, 0.9)
    assert (found.matched, found.waiting) == (30, waits)
    assert found.labelled == Classification.objects.filter(outcome="labelled").count()
    assert found.labelled + found.unlabelled == len(claimed) > 0
    run = runs.start(signal, *window, 0.9, None, now)
    feed_all()
    run.refresh_from_db()
    assert run.queued == found.to_judge == run.expected > 0


@pytest.mark.parametrize("scope", ["trace", "span"])
def test_what_has_not_settled_is_passed_over_and_does_not_end_the_run(
    scope: str, run_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BITE", 3)
    project = conversations.project()
    sent = conversations.send_traces(project, 10, now=timezone.now())
    run_line(pumps=0)
    open_ones = Trace.objects.of_project(project.pk).filter(
        trace_id__in=[UUID(bytes=each) for each in sorted(sent)[:3]]
    )
    open_ones.update(settled_at=None)
    signal = conversations.signal(project, scope=scope)
    run = start(signal)
    feed_all()
    run.refresh_from_db()
    assert (run.matched, run.queued, run.expected, run.queued_all) == (7, 7, 7, True)
