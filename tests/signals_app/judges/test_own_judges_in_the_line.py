"""Judges of projects at work: whose key, whose model, whose trouble."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from signals_app.judging.model_server import endpoints
from signals_app.models import Classification, JudgeEndpoint, JudgeJob, JudgeState, Signal
from signals_app.queue import queueing, slots, working
from tests.fake_judge import Answer, FakeJudge, error, verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge, waiting
from tests.signals_app.judges.making import endpoint

pytestmark = pytest.mark.django_db(transaction=True)
Line = Callable[..., list[Classification]]


def at(signal: Signal, judge: JudgeEndpoint | None) -> Signal:
    """Have the live version ask this judge."""
    signal.versions.update(endpoint=judge)
    return signal


def test_a_label_says_which_judge_gave_it_and_what_it_cost_at_its_price(run_line: Line) -> None:
    project = conversations.project()
    with FakeJudge() as judge:
        own = endpoint(
            project, judge.url, "key-of-mine", price_input_usd=2.0, price_output_usd=10.0
        )
        at(conversations.signal(project), own)
        conversations.send_traces(project, 1, now=timezone.now())
        (one,) = run_line()
    (request,) = judge.requests
    assert request.headers["authorization"] == "Bearer key-of-mine"
    assert request.body["model"] == "little"
    assert (one.endpoint_id, one.judge_name, one.judge_model) == (own.pk, "Own", "little")
    assert one.input_tokens
    assert one.output_tokens
    assert one.cost_usd == pytest.approx((one.input_tokens * 2 + one.output_tokens * 10) / 1e6)
    JudgeEndpoint.objects.update(price_input_usd=200, name="Renamed")
    one.refresh_from_db()
    assert one.judge_name == "Own"
    assert one.cost_usd is not None
    assert one.cost_usd < 0.1


def test_without_a_price_a_label_costs_nothing_that_is_known(run_line: Line) -> None:
    project = conversations.project()
    with FakeJudge() as judge:
        at(conversations.signal(project), endpoint(project, judge.url, price_input_usd=2.0))
        conversations.send_traces(project, 1, now=timezone.now())
        (one,) = run_line()
    assert one.input_tokens
    assert one.cost_usd is None


def test_the_default_of_a_project_answers_where_nothing_is_chosen(
    start_judge: StartJudge, run_line: Line
) -> None:
    of_environment = start_judge()
    project = conversations.project()
    with FakeJudge() as judge:
        endpoint(project, judge.url, is_default=True)
        conversations.signal(project, name="no choice")
        conversations.signal(project, name="a model of the environment's", judge_model="large")
        conversations.send_traces(project, 1, now=timezone.now())
        found = {each.judge_name: each.judge_model for each in run_line()}
    assert found == {"Own": "little", "": "large"}
    assert (len(judge.requests), len(of_environment.requests)) == (1, 1)


def test_another_project_with_the_same_address_has_its_own_key_and_its_own_rest(
    run_line: Line, settings: Any
) -> None:
    settings.JUDGE_RETRY_BASE_S = 1000

    def script(request: Any) -> Answer:
        is_poor = request.headers["authorization"] == "Bearer poor"
        return error(429, "slow down", retry_after="500") if is_poor else verdict("true")

    with FakeJudge(script) as judge:
        for name in ("poor", "rich"):
            project = conversations.project(name)
            at(conversations.signal(project), endpoint(project, judge.url, name))
            conversations.send_traces(project, 3, now=timezone.now())
        found = run_line(budget_s=3)
    assert [each.outcome for each in found] == ["labelled"] * 3
    assert len(endpoints.at_rest(timezone.now())) == 1
    assert JudgeState.objects.count() == 2


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Answer(wait_s=12), id="hangs"),
        pytest.param(error(500, "down"), id="breaks"),
        pytest.param(error(401, "invalid api key"), id="refuses the key"),
        pytest.param(None, id="is away"),
    ],
)
def test_the_trouble_of_one_judge_keeps_no_other_waiting(
    trouble: Answer | None, run_line: Line, settings: Any
) -> None:
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 4, 1
    project = conversations.project()
    with FakeJudge([trouble or Answer()]) as bad, FakeJudge() as good:
        url = bad.url if trouble else "http://127.0.0.1:19991/v1"
        ill = endpoint(project, url, name="Ill", timeout_s=8, concurrency=4)
        first = at(conversations.signal(project, name="first"), ill)
        conversations.send_traces(project, 150, now=timezone.now())
        while queueing.settle_and_queue(timezone.now()):
            pass
        second = at(
            conversations.signal(project, name="second"), endpoint(project, good.url, name="Well")
        )
        conversations.send_traces(project, 10, now=timezone.now())
        began = timezone.now()
        run_line(budget_s=4)
        labels = Classification.objects.filter(signal_id=second.pk)
        made = list(labels.values_list("created_at", flat=True))
    assert len(made) == 10
    assert max(made) - began < timedelta(seconds=6)
    assert not Classification.objects.filter(signal_id=first.pk, outcome="labelled").exists()


def test_what_a_person_changes_is_used_within_seconds_by_a_pump_that_runs(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    project = conversations.project()
    with FakeJudge([error(429, "slow down", retry_after="600")]) as bad, FakeJudge() as good:
        own = endpoint(project, bad.url, "old")
        at(conversations.signal(project), own)
        conversations.send_traces(project, 3, now=timezone.now())
        while queueing.settle_and_queue(timezone.now()):
            pass
        pump = threading.Thread(target=run_pump)
        pump.start()
        wait_for(lambda: bool(endpoints.at_rest(timezone.now())))
        JudgeEndpoint.objects.filter(pk=own.pk).update(base_url=good.url, revision=2)
        endpoints.forget(own.pk)
        began = time.monotonic()
        wait_for(lambda: Classification.objects.count() == 3)
        assert time.monotonic() - began < 5
        pump.join()
    assert not JudgeJob.objects.exists()


def run_pump() -> None:
    """As the worker does, for some seconds."""
    try:
        working.pump_for_a_while(8)
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool], within_s: float = 20) -> None:
    ends_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_at, "it did not come"
        time.sleep(0.05)


def test_no_more_questions_are_under_way_than_the_judge_takes(
    run_line: Line, settings: Any
) -> None:
    settings.JUDGE_CONCURRENCY, settings.JUDGE_PUMPS = 16, 2
    project = conversations.project()
    with FakeJudge(latency_s=0.05) as judge:
        at(conversations.signal(project), endpoint(project, judge.url, concurrency=1))
        conversations.send_traces(project, 12, now=timezone.now())
        while queueing.settle_and_queue(timezone.now()):
            pass
        pumps = [threading.Thread(target=run_pump) for _ in range(2)]
        for pump in pumps:
            pump.start()
        for pump in pumps:
            pump.join()
    assert Classification.objects.count() == 12
    assert judge.most_at_once == 1
    assert (slots.share(0, 1), slots.share(1, 1), slots.share(1, 5)) == (1, 0, 2)


def test_a_private_address_is_not_called_and_the_signal_says_so(
    run_line: Line, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    project = conversations.project()
    with FakeJudge() as judge:
        signal = at(conversations.signal(project), endpoint(project, judge.url))
        conversations.send_traces(project, 1, now=timezone.now())
        assert run_line() == []
    signal.refresh_from_db()
    assert judge.requests == []
    assert (signal.state, "OUTBOUND_ALLOW" in signal.paused_reason) == ("paused", True)
    assert len(waiting()) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=302, headers={"Location": "http://127.0.0.1:9/"}), "redirects"),
        (error(401, "invalid api key"), "under Settings, Judges"),
    ],
)
def test_what_a_person_must_mend_is_said_with_the_place_where(
    answer: Answer, said: str, run_line: Line
) -> None:
    project = conversations.project()
    with FakeJudge([answer]) as judge:
        signal = at(conversations.signal(project), endpoint(project, judge.url))
        conversations.send_traces(project, 1, now=timezone.now())
        run_line()
    signal.refresh_from_db()
    assert said in signal.paused_reason
    assert "JUDGE_" not in signal.paused_reason
    assert len(judge.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(body=b"x" * (9 * 1024 * 1024)), id="endless"),
        pytest.param(Answer(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), id="packed"),
    ],
)
def test_an_answer_that_would_fill_the_memory_is_given_up(
    answer: Answer, run_line: Line, settings: Any
) -> None:
    settings.JUDGE_MAX_ATTEMPTS = 1
    project = conversations.project()
    with FakeJudge([answer]) as judge:
        own = endpoint(project, judge.url)
        at(conversations.signal(project), own)
        conversations.send_traces(project, 1, now=timezone.now())
        run_line()
    state = JudgeState.objects.get(endpoint=own)
    assert state.is_failing
    assert state.last_error


def test_the_operator_says_which_models_of_the_environment_may_be_asked(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    judge = start_judge()
    settings.JUDGE_MODELS = ["model-2"]
    project = conversations.project()
    fine = [
        conversations.signal(project, name=f"by {name}", judge_model=name)
        for name in ("", "model-2")
    ]
    dear = conversations.signal(project, name="dear")
    dear.versions.update(judge_model="the-dearest")
    conversations.send_traces(project, 1, now=timezone.now())
    run_line()
    assert {request.body["model"] for request in judge.requests} == {"model-1", "model-2"}
    dear.refresh_from_db()
    assert "allows these models: model-1, model-2." in dear.paused_reason
    assert len(fine) == Classification.objects.count() == 2


def test_the_operator_may_switch_off_judges_of_projects(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    of_environment = start_judge()
    settings.PROJECT_JUDGES = False
    project = conversations.project()
    with FakeJudge() as judge:
        endpoint(project, judge.url, is_default=True)
        conversations.signal(project)
        conversations.send_traces(project, 1, now=timezone.now())
        (one,) = run_line()
    assert (one.judge_name, len(judge.requests), len(of_environment.requests)) == ("", 0, 1)
