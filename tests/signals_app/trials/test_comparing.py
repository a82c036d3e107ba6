"""Two versions on the very same targets: through the real pump, and without a trace in labels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from signals_app.definition import versions
from signals_app.models import Classification, JudgeJob, LabelCount, Signal, SignalVersion, Trial
from signals_app.queue import jobs, queueing
from signals_app.trials import comparisons, trials
from tests.fake_judge import Answer, Request, verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge, waiting
from tests.signals_app.trials.test_trying import outcomes, settled, started, unsaved

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signal() -> Signal:
    """Of two versions; the second one asks strictly."""
    signal = conversations.signal(conversations.project(), is_active=False)
    live = signal.live_version
    assert live is not None
    versions.add(signal, type=live.type, prompt="Strictly?", labels=live.labels, sample_rate=0.01)
    return signal


def both(signal: Signal) -> tuple[SignalVersion, SignalVersion]:
    first, second = signal.versions.order_by("number")
    return first, second


def compared(signal: Signal, most: int = 20) -> Trial:
    now = timezone.now()
    return comparisons.start(signal, *both(signal), now - timedelta(days=1), now, most, None, now)


def by_question(request: Request) -> Answer:
    return verdict("false" if "Strictly?" in request.text else "true")


def test_both_versions_judge_the_same_targets_and_nothing_counts(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge(by_question)
    settled(signal.project, 5)
    after = compared(signal, 4)
    before = after.before
    assert before is not None
    settled(signal.project, 3)  # newer ones, which neither must see
    run_line()
    assert outcomes(before) == [("labelled", "true")] * 4
    assert outcomes(after) == [("labelled", "false")] * 4
    targets = [[row.target for row in trial.results.all()] for trial in (before, after)]
    assert targets[0] == targets[1]
    assert (before.version, after.version) == both(signal)
    assert len(judge.requests) == 8, "every target, whatever the sample rate"
    assert not Classification.objects.exists()
    assert not LabelCount.objects.exists()
    assert not JudgeJob.objects.exists()


def test_both_questions_about_a_target_come_together(
    start_judge: StartJudge, signal: Signal
) -> None:
    start_judge()
    settled(signal.project, 5)
    after = compared(signal)
    newest = [row.target for row in after.results.all()]
    for target in newest:
        claimed = jobs.claim(2, timezone.now())
        assert [job.target for job in claimed] == [target] * 2
        assert len({job.trial_id for job in claimed}) == 2


def test_both_obey_the_limit_of_questions_at_a_time(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: object
) -> None:
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 2, 1  # type: ignore[attr-defined]
    judge = start_judge(by_question, latency_s=0.02)
    settled(signal.project, 6)
    compared(signal)
    run_line()
    assert len(judge.requests) == 12
    assert judge.most_at_once == 2


def test_there_must_be_room_for_both(start_judge: StartJudge, signal: Signal) -> None:
    start_judge()
    settled(signal.project, 1)
    for _ in range(trials.MOST_RUNNING - 1):
        started(unsaved(signal.project))
    with pytest.raises(trials.CannotTry, match="there is room for 1"):
        compared(signal)
    assert Trial.objects.count() == trials.MOST_RUNNING - 1, "not half a comparison"
    assert len(waiting()) == trials.MOST_RUNNING - 1


def test_without_targets_neither_is_begun(start_judge: StartJudge, signal: Signal) -> None:
    start_judge()
    with pytest.raises(trials.CannotTry, match="has no finished"):
        compared(signal)
    assert not Trial.objects.exists()


def test_a_cancel_stops_both(start_judge: StartJudge, run_line: Line, signal: Signal) -> None:
    judge = start_judge()
    settled(signal.project, 3)
    after = compared(signal)
    comparisons.cancel(after, timezone.now())
    comparisons.cancel(after, timezone.now())
    while queueing.settle_and_queue(timezone.now()):
        pass
    run_line()
    assert set(Trial.objects.values_list("state", flat=True)) == {Trial.State.CANCELLED}
    assert (waiting(), judge.requests) == ([], [])
