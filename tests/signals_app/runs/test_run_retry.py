"""What failed in a run is judged again by that run, and counts where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from signals_app.definition import states
from signals_app.labels import count_changes
from signals_app.models import Classification, JudgeJob, LabelCount, Run, Signal
from signals_app.runs import retries, runs
from tests.fake_judge import verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


def feed_all() -> None:
    while runs.feed(timezone.now()):
        pass


def judge_all(run_line: Line) -> list[Classification]:
    """A pump leaves after a moment without work; on a busy machine that comes early."""
    found = run_line()
    while JudgeJob.objects.exists():
        found = run_line()
    return found


@pytest.fixture
def failed_run(start_judge: StartJudge, run_line: Line) -> Run:
    """Four failed targets of a run that is done; from now on the judge answers well."""
    judge = start_judge([verdict("nonsense")])
    project = conversations.project()
    conversations.send_traces(project, 4, now=timezone.now())
    run_line(pumps=0)
    now = timezone.now()
    signal = conversations.signal(project)
    run = runs.start(signal, now - timedelta(hours=5), now, None, None, now)
    feed_all()
    assert {each.outcome for each in judge_all(run_line)} == {"failed"}
    feed_all()
    judge.script = [verdict("true")]
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    return run


def counts() -> set[tuple[object, ...]]:
    rows = LabelCount.objects.exclude(n=0)
    return set(rows.values_list("grain", "bucket", "source", "outcome", "label", "n"))


def assert_labelled_by_the_run(classifications: list[Classification]) -> None:
    assert [(each.outcome, each.label, each.source) for each in classifications] == [
        ("labelled", "true", "run")
    ] * 4
    assert all(each.counted_at == each.target_time for each in classifications)
    kept = counts()
    count_changes.recount()
    assert kept == counts()


def test_a_retried_run_is_under_way_again_and_labels_at_its_targets_time(
    failed_run: Run, run_line: Line
) -> None:
    assert retries.retry_run(failed_run, timezone.now()) == 4
    assert (failed_run.state, failed_run.finished_at) == (Run.State.RUNNING, None)
    assert counts() == set()
    feed_all()
    assert Run.objects.get().state == Run.State.RUNNING, "its targets wait"
    found = judge_all(run_line)
    assert_labelled_by_the_run(found)
    assert {each.run_id for each in found} == {failed_run.pk}
    feed_all()
    failed_run.refresh_from_db()
    assert (failed_run.state, failed_run.queued) == (Run.State.DONE, 4)


def test_a_retry_from_the_signal_takes_a_run_up_again_as_well(
    failed_run: Run, run_line: Line
) -> None:
    assert retries.retry_failed(failed_run.signal, timezone.now()) == 4
    found = judge_all(run_line)
    assert_labelled_by_the_run(found)
    assert {each.run_id for each in found} == {failed_run.pk}


def test_what_failed_in_a_cancelled_run_can_be_retried_from_the_signal_only(
    failed_run: Run, run_line: Line
) -> None:
    Run.objects.update(state=Run.State.CANCELLED)
    failed_run.refresh_from_db()
    with pytest.raises(retries.CannotRetry, match="cancelled"):
        retries.retry_run(failed_run, timezone.now())
    assert retries.retry_failed(failed_run.signal, timezone.now()) == 4
    assert_labelled_by_the_run(judge_all(run_line))
    assert Run.objects.get().state == Run.State.CANCELLED


def test_refused_targets_are_retried_and_skipped_ones_are_not(failed_run: Run) -> None:
    first, second = Classification.objects.order_by("id")[:2]
    for one, outcome in ((first, "refused"), (second, "skipped")):
        Classification.objects.filter(project_id=one.project_id, id=one.id).update(outcome=outcome)
    count_changes.recount()
    assert retries.retry_run(failed_run, timezone.now()) == 3
    assert Classification.objects.get().outcome == "skipped"


def test_another_runs_failures_are_left_alone(failed_run: Run) -> None:
    now = timezone.now()
    other = runs.start(failed_run.signal, now - timedelta(hours=5), now, None, None, now)
    assert retries.retry_run(other, now) == 0
    assert Classification.objects.count() == 4


@pytest.mark.parametrize("stop", [states.pause, states.archive])
def test_a_signal_that_is_stopped_retries_nothing_and_says_so(
    failed_run: Run, stop: Callable[..., int]
) -> None:
    signal = Signal.objects.get()
    stop(signal, None, timezone.now())
    with pytest.raises(retries.CannotRetry, match="This signal is"):
        retries.retry_failed(signal, timezone.now())
    assert (Classification.objects.count(), JudgeJob.objects.count()) == (4, 0)


def test_failures_beyond_one_batch_are_all_retried(
    failed_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "BATCH", 3)
    assert retries.retry_run(failed_run, timezone.now()) == 4
    assert JudgeJob.objects.filter(run_id=failed_run.pk, source="run").count() == 4
