"""Targets that the judge cannot stand fail alone: all others are judged in good time."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.background import long_tasks
from signals_app.definition import states
from signals_app.judging.model_server import endpoints
from signals_app.models import Classification, JudgeJob, JudgeState, Signal
from signals_app.queue import queueing
from signals_app.queue.jobs import HELD_UNTIL
from teams.models import Team
from tests.fake_judge import Answer, FakeJudge, Request, error, verdict
from tests.server import Worker, test_database_url, wait_until
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge, waiting

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)

POISON = "POISON"


def poisoned(answer: Answer) -> Callable[[Request], Answer]:
    return lambda request: answer if POISON in request.text else verdict("true")


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(error(500, "internal error"), id="500"),
        pytest.param(Answer(wait_s=40), id="no answer within the time limit"),
    ],
)
def test_twenty_good_targets_among_poison_are_each_judged_within_half_a_minute(
    answer: Answer,
) -> None:
    """The real worker with its defaults, but a shorter time limit and fewer, quicker attempts."""
    project = conversations.project()
    for number in range(4):
        conversations.signal(project, name=f"poisoned {number}")
    good = conversations.signal(project, name="good")
    Signal.objects.filter(pk=good.pk).update(agent=conversations.agent(project, "good"))
    poison = [
        conversations.send_traces(project, 1, now=timezone.now(), asked=f"{POISON} {number}")[0]
        for number in range(15)
    ]
    with FakeJudge(poisoned(answer)) as judge:
        environment = {
            "JUDGE_BASE_URL": judge.url,
            "JUDGE_TIMEOUT_S": "20",
            "JUDGE_RETRY_BASE_S": "1",
            "JUDGE_MAX_ATTEMPTS": "2",
            "DEMO": "false",
        }
        with Worker(test_database_url(), environment) as worker:
            wait_until(lambda: len(judge.requests) > 0, 60, "the first question")
            for number in range(20):
                send_good(project, number)
                time.sleep(0.5)
            wait_until(
                lambda: labels_of(good).count() == 20, 60, f"all good ones ({worker.output()})"
            )
            rows = labels_of(good).values_list("created_at", "target_time")
            waited = [made - (began + timedelta(hours=1)) for made, began in rows]
            assert max(waited) < timedelta(seconds=30), sorted(waited)
            assert "starting it again" not in worker.output()
            if answer.wait_s:
                return  # that it fails in the end as well would take minutes
            wait_until(lambda: failed() == 60, 240, f"all poison failed ({worker.output()})")
    connection.close()
    classifications = Classification.objects.filter(outcome="failed")
    assert Counter(each.target.bytes for each in classifications) == dict.fromkeys(poison, 4)
    assert all(each.reason.endswith("Tried 2 times.") for each in classifications)
    assert not JudgeJob.objects.exists()


def send_good(project: Any, number: int) -> None:
    """Its target time is an hour before it is sent, as in `send_traces`."""
    now = timezone.now()
    conversations.send_traces(project, 1, now=now, agent="good", asked=f"hello {number}")


def labels_of(signal: Signal) -> Any:
    return Classification.objects.filter(signal_id=signal.pk, outcome="labelled")


def failed() -> int:
    return Classification.objects.filter(outcome="failed").count()


def test_what_failed_goes_behind_what_is_fresh_but_is_never_left_out(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    judge = start_judge(poisoned(error(500, "boom")))
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 1, 1
    settings.JUDGE_MAX_ATTEMPTS = 2
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 3, now=timezone.now(), asked=POISON)
    conversations.send_traces(project, 12, now=timezone.now())
    found = run_line()
    assert Counter(each.outcome for each in found) == {"labelled": 12, "failed": 3}
    asked = [POISON in request.text for request in judge.requests]
    assert asked.count(True) == 6
    assert all(asked[-3:])


def test_the_poison_of_one_project_does_not_keep_another_waiting(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 4, 1
    judge = start_judge(poisoned(Answer(wait_s=3)))
    settings.JUDGE_TIMEOUT_S = 2
    bad, good = conversations.project("Bad"), conversations.project("Good", Team.objects.create())
    for each in (bad, good):
        conversations.signal(each)
    conversations.send_traces(bad, 20, now=timezone.now(), asked=POISON)
    conversations.send_traces(good, 8, now=timezone.now())
    began = time.monotonic()
    run_line(budget_s=4)
    made = Classification.objects.filter(project_id=good.pk).values_list("created_at", flat=True)
    assert len(made) == 8
    assert (max(made) - timezone.now()).total_seconds() < began + 4 - time.monotonic()
    assert sum(POISON not in request.text for request in judge.requests[:12]) >= 4


def test_what_fails_under_one_model_is_still_asked_of_another(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    judge = start_judge(
        lambda request: error(500, "boom") if request.body["model"] == "bad" else verdict("true")
    )
    settings.JUDGE_RETRY_BASE_S = 600
    project = conversations.project()
    for name, model in (("first", "bad"), ("second", "good"), ("third", "bad")):
        conversations.signal(project, name=name, judge_model=model)
    conversations.send_traces(project, 1, now=timezone.now())
    (one,) = run_line()
    assert (one.label, one.attempts, one.judge_model) == ("true", 1, "good")
    asked = Counter(request.body["model"] for request in judge.requests)
    assert asked["good"] == 1
    assert asked["bad"] <= 2  # neither of them was tried again at once


def test_a_refused_connection_is_not_held_against_a_target(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    judge = start_judge()
    url, settings.JUDGE_BASE_URL = settings.JUDGE_BASE_URL, "http://127.0.0.1:9/v1"
    settings.JUDGE_MAX_ATTEMPTS = 1
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now())
    assert run_line(budget_s=0.5) == []
    (job,) = waiting()
    assert job.attempts == 0
    assert "could not be reached" in job.last_error
    settings.JUDGE_BASE_URL = url
    assert [each.label for each in run_line()] == ["true"]
    assert len(judge.requests) == 1


@pytest.mark.parametrize("answered_before", [True, False])
def test_the_targets_of_an_hour_without_a_judge_are_judged_when_it_is_back(
    start_judge: StartJudge,
    run_line: Line,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    answered_before: bool,
) -> None:
    """A target every ten minutes, the judge answers 503 to all, and nobody clicks anything."""
    judge = start_judge([error(503, "upstream is down")])
    settings.JUDGE_RETRY_BASE_S = 15
    project = conversations.project()
    conversations.signal(project)
    start = timezone.now()
    clock = [start]
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])
    if answered_before:
        endpoints.note_success("model-1", start)
    for minutes in range(0, 60, 2):
        clock[0] = start + timedelta(minutes=minutes)
        if minutes % 10 == 0:
            conversations.send_traces(project, 1, now=clock[0])
        run_line(budget_s=0.4)
    assert len(judge.requests) > 12
    assert JudgeJob.objects.count() == 6
    judge.script = [verdict("true")]
    clock[0] = start + timedelta(minutes=63)
    assert [each.label for each in run_line()] == ["true"] * 6


def test_equal_refusals_of_different_targets_stop_the_signal_and_lose_no_target(
    start_judge: StartJudge, run_line: Line
) -> None:
    def script(request: Request) -> Answer:
        return error(400, f"top_k must be positive (request {secrets.token_hex(4)}7)")

    judge = start_judge(script)
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 40, now=timezone.now())
    assert run_line(pumps=3) == []
    signal.refresh_from_db()
    assert signal.state == Signal.State.PAUSED
    assert "top_k must be positive" in signal.paused_reason
    assert "Mend the cause, then resume the signal." in signal.paused_reason
    assert len(judge.requests) <= 16
    assert JudgeJob.objects.filter(signal_id=signal.pk, available_at=HELD_UNTIL).count() == 40
    judge.script = [verdict("true")]
    states.resume(signal, None, timezone.now())
    assert [each.label for each in run_line()] == ["true"] * 40


def test_refused_targets_among_answered_ones_fail_alone(
    start_judge: StartJudge, run_line: Line
) -> None:
    start_judge(poisoned(error(400, "this input is not to my taste")))
    project = conversations.project()
    signal = conversations.signal(project)
    for number in range(8):
        conversations.send_traces(project, 1, now=timezone.now(), asked=f"{POISON} {number}")
        conversations.send_traces(project, 1, now=timezone.now())
    found = run_line()
    assert Counter(each.outcome for each in found) == {"failed": 8, "labelled": 8}
    signal.refresh_from_db()
    assert signal.state == Signal.State.ACTIVE


def test_what_one_pump_learned_of_the_pace_the_next_one_takes_up(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 32, 1
    judge = start_judge(latency_s=0.1)
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 30, now=timezone.now())
    assert len(run_line()) == 30
    learned = JudgeState.objects.get()
    assert learned.lanes is not None  # how many depends on how quick this machine is today
    assert judge.most_at_once <= 32
    learned.lanes = 20.0
    learned.save()
    judge.most_at_once, judge.latency_s = 0, 1.0
    conversations.send_traces(project, 25, now=timezone.now())
    run_line()
    assert judge.most_at_once >= 18


def test_a_pump_leaves_signs_of_life_while_it_waits_for_answers(
    start_judge: StartJudge, run_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    silences: list[float] = []

    def script(request: Request) -> Answer:
        time.sleep(1.0)
        last = long_tasks.last_sign_of_life(signs.fileno())
        silences.append(time.monotonic() - (last or 0.0))
        return verdict("true")

    start_judge(script)
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now())
    with tempfile.TemporaryFile(buffering=0) as signs:
        monkeypatch.setattr(long_tasks, "_signs_file", signs.fileno())
        run_line()
    assert len(silences) == 1
    assert silences[0] < 0.7


@pytest.mark.slow
@pytest.mark.parametrize("pumps", [1, 2])
def test_a_judge_that_takes_longer_than_the_watchdog_waits_is_left_in_peace(pumps: int) -> None:
    """All of the cluster's processes wait for a judge, far longer than a cluster may be silent."""
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 4, now=timezone.now())
    with FakeJudge(latency_s=14.0) as judge:
        environment = {
            "JUDGE_BASE_URL": judge.url,
            "JUDGE_CONCURRENCY": "2",
            "JUDGE_PUMPS": str(pumps),
            "JUDGE_LEASE_S": "6",
            "WORKER_STALE_S": "6",
            "DEMO": "false",
        }
        with Worker(test_database_url(), environment) as worker:
            wait_until(lambda: labels() == 4, 150, f"four labels ({worker.output()})")
            assert "starting it again" not in worker.output()
            assert len(judge.requests) == 4
    connection.close()


def labels() -> int:
    return Classification.objects.filter(outcome="labelled").count()


def test_a_server_with_four_slots_gives_nine_tenths_of_what_it_can(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    """As a laptop would, a tenth of the time of a call; all settings are the defaults."""
    slots = threading.BoundedSemaphore(4)

    def script(request: Request) -> Answer:
        with slots:
            time.sleep(1.0)
        return verdict("true")

    start_judge(script)
    settings.JUDGE_TIMEOUT_S = 20.0
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 80, now=timezone.now())
    while queueing.settle_and_queue(timezone.now()):
        pass
    began = time.monotonic()
    found = run_line(budget_s=60)
    took_s = time.monotonic() - began
    assert [each.attempts for each in found] == [1] * 80
    assert took_s < 80 / 4 / 0.9
