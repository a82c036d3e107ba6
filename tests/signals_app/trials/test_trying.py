"""A question tried on recent targets: through the real pump, and without a trace in the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from signals_app.definition.starters import BY_KEY
from signals_app.judging.model_server import endpoints
from signals_app.judging.questions import failed
from signals_app.models import (
    Classification,
    JudgeJob,
    LabelCount,
    Outcome,
    Scope,
    Signal,
    SignalVersion,
    Trial,
)
from signals_app.queue import (
    avoiding,
    completing,
    jobs,
    queueing,
    slots,
    working,
)
from signals_app.trials import answers as trial_answers
from signals_app.trials import trials
from teams.models import Project
from tests.fake_judge import error, verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge, waiting

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


def settled(project: Project, count: int, **fields: Any) -> None:
    conversations.send_traces(project, count, now=timezone.now(), **fields)
    while queueing.settle_and_queue(timezone.now()):
        pass


def unsaved(project: Project, **changes: Any) -> trials.Asked:
    made = BY_KEY["user_frustration"]
    return trials.Asked(
        **{
            "project": project,
            "agent": conversations.agent(project),
            "scope": Scope.TRACE,
            "type": made.type,
            "prompt": made.prompt,
            "labels": made.labels,
            **changes,
        }
    )


def started(asked: trials.Asked, most: int = 20) -> Trial:
    now = timezone.now()
    return trials.start(asked, now - timedelta(days=1), now, most, None, now)


def outcomes(trial: Trial) -> list[tuple[str, str | None]]:
    return list(trial.results.values_list("outcome", "label"))


def test_an_unsaved_question_is_answered_and_nothing_counts(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge(lambda request: verdict("true", "Says so."))
    project = conversations.project()
    settled(project, 5)
    trial = started(unsaved(project, prompt="Is anybody cross?"))
    assert run_line() == []
    trial.refresh_from_db()
    assert trial.state == Trial.State.DONE
    assert outcomes(trial) == [("labelled", "true")] * 5
    row = trial.results.all()[0]
    assert (row.explanation, row.judge_model, row.input_tokens) == ("Says so.", "model-1", 1000)
    assert "Is anybody cross?" in judge.requests[0].text
    assert not Classification.objects.exists()
    assert not LabelCount.objects.exists()
    assert not JudgeJob.objects.exists()
    assert not Signal.objects.exists()
    assert not SignalVersion.objects.exists()


def test_it_takes_the_newest_targets_of_the_agent_in_the_range(start_judge: StartJudge) -> None:
    start_judge()
    project, now = conversations.project(), timezone.now()
    settled(project, 3, agent="another")
    for minutes in range(6):
        at = now - timedelta(minutes=10 * minutes + 30)
        conversations.send(
            project, [conversations.span(bytes(15) + bytes([minutes + 1]), at=at)], at
        )
    while queueing.settle_and_queue(now):
        pass
    asked = unsaved(project)
    trial = trials.start(asked, now - timedelta(minutes=65), now, 3, None, now)
    assert [row.target.int for row in trial.results.all()] == [1, 2, 3]
    wide = trials.start(asked, now - timedelta(minutes=65), now, 100, None, now)
    assert [row.target.int for row in wide.results.all()] == [1, 2, 3, 4]


@pytest.mark.parametrize("scope", Scope.values)
def test_each_scope_is_tried_on_its_own_targets(
    start_judge: StartJudge, run_line: Line, scope: str
) -> None:
    start_judge()
    project = conversations.project()
    settled(project, 3, session="chat-1")
    trial = started(unsaved(project, scope=scope))
    run_line()
    assert len(outcomes(trial)) == (1 if scope == Scope.SESSION else 3)
    assert {outcome for outcome, _ in outcomes(trial)} == {"labelled"}
    assert all(bool(row.span_id) == (scope == Scope.SPAN) for row in trial.results.all())


def test_without_targets_it_says_which_are_missing(start_judge: StartJudge) -> None:
    start_judge()
    with pytest.raises(trials.CannotTry, match="support has no finished traces in this range"):
        started(unsaved(conversations.project()))


@pytest.mark.parametrize("most", [0, 101])
def test_a_trial_has_one_to_a_hundred_targets(most: int) -> None:
    with pytest.raises(trials.CannotTry, match="1 to 100"):
        started(unsaved(conversations.project()), most)


def test_a_project_runs_few_trials_at_a_time(start_judge: StartJudge) -> None:
    start_judge()
    project = conversations.project()
    settled(project, 1)
    for _ in range(trials.MOST_RUNNING):
        started(unsaved(project))
    with pytest.raises(trials.CannotTry, match="are running"):
        started(unsaved(project))


def test_it_obeys_the_limit_of_questions_at_a_time(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 3, 1
    judge = start_judge(latency_s=0.05)
    project = conversations.project()
    conversations.signal(project)
    settled(project, 15)
    trial = started(unsaved(project))
    assert len(run_line()) == 15
    assert judge.most_at_once == 3
    assert len(outcomes(trial)) == 15


def test_it_waits_while_all_places_are_taken(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    settled(project, 2)
    started(unsaved(project))
    for _ in range(slots.count()):
        slots.take(uuid4(), timezone.now())
    run_line()
    assert judge.requests == []


def test_it_waits_while_the_judge_rests(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    settled(project, 2)
    trial = started(unsaved(project))
    now = timezone.now()
    endpoints.rest("model-1", now + timedelta(hours=1), "429", now)
    assert not jobs.has_work(now, avoiding.always(now, 0))
    run_line(budget_s=1.0)
    assert judge.requests == []
    assert outcomes(trial) == [("", None)] * 2


def test_it_goes_before_live_targets(start_judge: StartJudge) -> None:
    start_judge()
    project = conversations.project()
    conversations.signal(project)
    settled(project, 4)
    started(unsaved(project))
    assert working.arm(timezone.now()) > 0
    claimed = jobs.claim(6, timezone.now())
    assert [job.trial_id is None for job in claimed] == [False] * 4 + [True] * 2


def test_a_cancelled_trial_asks_no_more_and_keeps_what_it_has(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    settled(project, 6)
    trial = started(unsaved(project))
    held = jobs.claim(2, timezone.now())
    trial_answers.cancel(trial, timezone.now())
    assert len(waiting()) == 2
    jobs.release([jobs.Release(job, timezone.now()) for job in held])
    run_line()
    trial.refresh_from_db()
    assert (trial.state, waiting(), judge.requests) == (Trial.State.CANCELLED, [], [])
    assert outcomes(trial) == [("", None)] * 6


def test_an_answer_that_comes_after_the_cancel_changes_nothing(start_judge: StartJudge) -> None:
    start_judge()
    project = conversations.project()
    settled(project, 1)
    trial = started(unsaved(project))
    job = jobs.claim(1, timezone.now())[0]
    trial_answers.cancel(trial, timezone.now())
    completing.complete([completing.Done(job, failed("Too late."))], timezone.now())
    assert outcomes(trial) == [("", None)]


def test_a_refused_key_ends_the_trial_and_leaves_signals_alone(
    start_judge: StartJudge, run_line: Line
) -> None:
    start_judge([error(401, "Bad key")])
    project = conversations.project()
    signal = conversations.signal(project, is_active=False)
    settled(project, 30)
    trial = started(trials.of_version(signal, signal.live_version), 30)  # type: ignore[arg-type]
    run_line()
    trial.refresh_from_db()
    signal.refresh_from_db()
    assert trial.state == Trial.State.STOPPED
    assert "JUDGE_API_KEY" in trial.stopped_reason or "key" in trial.stopped_reason
    assert {outcome for outcome, _ in outcomes(trial)} == {"failed"}
    assert (signal.state, signal.paused_reason) == ("draft", "")
    assert waiting() == []


def test_what_failed_too_often_says_why(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    start_judge([error(500, "Broken")])
    settings.JUDGE_MAX_ATTEMPTS = 2
    project = conversations.project()
    settled(project, 1)
    trial = started(unsaved(project))
    for _ in range(5):  # a pump may leave between two attempts
        run_line()
    row = trial.results.get()
    trial.refresh_from_db()
    assert (row.outcome, trial.state) == (Outcome.FAILED, Trial.State.DONE)
    assert "Tried 2 times." in row.reason


def test_a_worker_that_dies_leaves_its_targets_to_the_next(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    start_judge()
    settings.JUDGE_RETRY_BASE_S = 0
    project = conversations.project()
    settled(project, 3)
    trial = started(unsaved(project))
    assert len(jobs.claim(10, timezone.now())) == 3
    later: datetime = timezone.now() + timedelta(seconds=settings.JUDGE_LEASE_S + 1)
    assert working.reap(later) == 3
    JudgeJob.objects.update(available_at=timezone.now())
    run_line()
    assert [outcome for outcome, _ in outcomes(trial)] == ["labelled"] * 3


def test_it_is_tried_again_on_the_same_targets(start_judge: StartJudge, run_line: Line) -> None:
    start_judge(lambda request: verdict("true" if "cross" in request.text else "false"))
    project = conversations.project()
    settled(project, 4)
    asked = unsaved(project, prompt="Is anybody cross?")
    first = started(asked, 3)
    run_line()
    settled(project, 5)  # newer ones, which the second trial must not see
    trials.mark(first, 0, "false")
    second = trials.again(first, replace(asked, prompt="Is it late?"), None, timezone.now())
    run_line()
    assert [row.target for row in second.results.all()] == [r.target for r in first.results.all()]
    assert outcomes(first) == [("labelled", "true")] * 3
    assert outcomes(second) == [("labelled", "false")] * 3
    assert [row.wanted for row in second.results.all()] == ["false", "", ""]


def test_another_scope_cannot_have_the_same_targets(start_judge: StartJudge) -> None:
    start_judge()
    project = conversations.project()
    settled(project, 1)
    first = started(unsaved(project))
    with pytest.raises(trials.CannotTry, match="start a new trial"):
        trials.again(first, unsaved(project, scope=Scope.SPAN), None, timezone.now())


def test_old_trials_are_forgotten(start_judge: StartJudge) -> None:
    start_judge()
    project = conversations.project()
    settled(project, 2)
    old, young = started(unsaved(project)), started(unsaved(project))
    Trial.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=15))
    assert trials.prune(timezone.now()) == 1
    assert list(Trial.objects.all()) == [young]
    assert {job.version_id for job in waiting()} == {-young.pk}
