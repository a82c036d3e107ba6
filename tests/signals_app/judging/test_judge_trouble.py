"""What the judge's server may do instead of answering, and what becomes of the targets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from signals_app.definition import states
from signals_app.judging.model_server import endpoints
from signals_app.models import Classification, JudgeJob, JudgeState, Signal
from signals_app.queue import working
from signals_app.queue.jobs import HELD_UNTIL
from tests.fake_judge import Answer, Request, error, first_label, verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge, waiting

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signal() -> Signal:
    """A signal with one settled trace waiting for it."""
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now())
    return signal


def label_of(request: Request) -> Answer:
    return verdict("true")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(error(500, "boom"), id="500"),
        pytest.param(error(503, "overloaded", Retry_After="0"), id="503"),
        pytest.param(Answer(body=b'{"choices": [{"mess'), id="broken JSON"),
        pytest.param(Answer(body=b"<html>gateway</html>"), id="HTML with a JSON header"),
        pytest.param(Answer(body=b'{"error": "queue full"}'), id="200 with an error"),
        pytest.param(Answer(body=b'{"choices": []}'), id="no choices"),
        pytest.param(Answer("half of it", cut=True), id="cut connection"),
        pytest.param(Answer(wait_s=2.5), id="too slow"),
    ],
)
def test_trouble_that_may_pass_is_tried_again(
    answer: Answer, start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    judge = start_judge([answer, verdict("true")])
    if answer.wait_s:
        settings.JUDGE_TIMEOUT_S = 2
    (one,) = run_line(pumps=2)
    assert (one.label, one.attempts) == ("true", 2)
    assert len(judge.requests) == 2


def test_trouble_that_does_not_pass_ends_as_a_failure_in_words(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    def script(request: Request) -> Answer:
        is_good = "purple parcel" in request.text
        return verdict("true") if is_good else error(500, "the GPU is on fire")

    judge = start_judge(script)
    settings.JUDGE_MAX_ATTEMPTS = 3
    conversations.send_traces(signal.project, 1, now=timezone.now(), asked="purple parcel")
    good, bad = sorted(run_line(pumps=4), key=lambda one: one.attempts)
    assert good.label == "true"
    assert (bad.outcome, bad.label, bad.attempts) == ("failed", None, 3)
    assert bad.reason == "The judge answered 500: the GPU is on fire Tried 3 times."
    assert len(judge.requests) == 4
    assert not JudgeJob.objects.exists()


def test_while_nobody_is_answered_a_target_does_not_fail_for_good(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    judge = start_judge([error(502, "bad gateway")])
    settings.JUDGE_MAX_ATTEMPTS = 2
    assert run_line(pumps=3, budget_s=1) == []
    assert len(judge.requests) > 4
    (job,) = waiting()
    assert (job.attempts, job.last_error) == (1, "The judge answered 502: bad gateway")
    judge.script = [verdict("true")]
    assert [each.label for each in run_line()] == ["true"]


def test_a_failed_attempt_waits_longer_each_time(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    start_judge([error(500, "boom")])
    settings.JUDGE_RETRY_BASE_S = 100
    before = timezone.now()
    run_line()
    (job,) = waiting()
    assert (job.attempts, job.lease_until) == (1, None)
    assert job.last_error == "The judge answered 500: boom"
    assert timedelta(seconds=79) < job.available_at - before < timedelta(seconds=130)


def test_a_rest_is_kept_and_costs_no_attempt(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([error(429, "slow down", Retry_After="4"), verdict("true")])
    run_line(budget_s=1.5)
    (job,) = waiting()
    assert job.attempts == 0
    assert (
        0
        < (endpoints.known(timezone.now()).resting["model-1"] - timezone.now()).total_seconds()
        <= 4
    )
    run_line(budget_s=0.3)
    assert len(judge.requests) == 1
    (one,) = run_line(budget_s=8)
    assert (one.label, one.attempts) == ("true", 1)


def test_while_the_judge_rests_no_pump_is_queued(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    start_judge([error(429, "slow down", Retry_After="600")])
    run_line(budget_s=1.5)
    now = timezone.now()
    assert working.arm(now) == 0
    assert working.arm(now + timedelta(seconds=601)) > 0


def test_when_the_judge_answers_nobody_the_targets_wait_and_do_not_pay(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    start_judge([error(500, "down")])
    settings.JUDGE_MAX_ATTEMPTS = 2
    settings.JUDGE_RETRY_BASE_S = 1000
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 30, now=timezone.now())
    assert run_line(budget_s=4) == []  # less than the judge rests: the pump need not wait for it
    assert JudgeJob.objects.filter(attempts=0).count() > 15
    assert endpoints.trouble() == "The judge answered 500: down"
    assert endpoints.at_rest(timezone.now()) == [(0, "model-1")]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(401, "Incorrect API key"), "refused the API key (401): Incorrect API key. Set"),
        (error(403, "country not supported"), "forbids this request (403)"),
        (error(404, "The model `model-1` does not exist", "model_not_found"), "model model-1"),
        (error(404), "no such address or no model model-1"),
        (error(429, "You exceeded your current quota", "insufficient_quota"), "no credit left"),
        (
            error(400, "litellm.AuthenticationError: OpenAIException - Incorrect API key"),
            "refused the API key (400): litellm.AuthenticationError",
        ),
        (
            error(400, "/chat/completions: Invalid model name passed in model=model-1."),
            "does not know the model model-1: /chat/completions: Invalid model name",
        ),
        (
            Answer(body=b'{"error": {"code": 401, "message": "User not found."}}'),
            "refused the API key (401): User not found.",
        ),
        (
            Answer(status=401, body=b'{"detail": "Not authenticated"}'),
            "refused the API key (401): Not authenticated",
        ),
        (error(307, "", Location="http://127.0.0.1:1/"), "redirects (307)"),
    ],
)
def test_what_only_a_person_can_mend_pauses_the_signal_and_says_so(
    answer: Answer, words: str, start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([answer])
    assert run_line(pumps=2) == []
    signal.refresh_from_db()
    assert signal.state == Signal.State.PAUSED
    assert words in signal.paused_reason
    assert signal.paused_reason.endswith("then resume the signal.")
    assert len(judge.requests) == 1
    assert JudgeJob.objects.filter(signal_id=signal.pk, available_at=HELD_UNTIL).count() == 1


def test_what_waited_for_the_person_is_judged_after_resuming(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    start_judge([error(401, "no"), verdict("true")])
    run_line()
    states.resume(signal, None, timezone.now())
    (one,) = run_line()
    assert (one.label, one.attempts) == ("true", 1)
    assert signal.paused_reason == ""


@pytest.mark.parametrize("answer", [verdict("maybe"), Answer("I think it is true"), Answer("")])
def test_an_unusable_answer_is_asked_for_once_more(
    answer: Answer, start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([answer, verdict("TRUE ")])
    (one,) = run_line()
    assert (one.label, one.attempts, one.input_tokens) == ("true", 1, 2000)
    assert "That cannot be used" in judge.requests[1].text


def test_two_unusable_answers_are_a_failure_and_never_a_guess(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([verdict("rather true")])
    (one,) = run_line()
    assert (one.outcome, one.label) == ("failed", None)
    assert '"rather true" is not one of the labels' in one.reason
    assert len(judge.requests) == 2


def test_an_answer_cut_off_at_the_output_limit_says_so(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    start_judge([Answer('{"reason": "it', finish="length")])
    (one,) = run_line()
    assert "cut off at the model's output limit" in one.reason


@pytest.mark.parametrize(
    "answer",
    [
        Answer(refusal="I cannot help with that."),
        Answer("", finish="content_filter"),
        error(400, "The response was filtered", "content_filter"),
    ],
)
def test_a_refusal_is_kept_as_one_and_is_not_a_label(
    answer: Answer, start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([answer])
    (one,) = run_line()
    assert (one.outcome, one.label) == ("refused", None)
    assert one.reason
    assert len(judge.requests) == 1


def test_a_server_without_response_format_is_asked_plainly_and_that_is_remembered(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    def script(request: Request) -> Answer:
        if request.form != "plain":
            return error(400, f"Unknown parameter: response_format.type {request.form}")
        return first_label(request)

    judge = start_judge(script)
    (one,) = run_line()
    assert one.outcome == "labelled"
    assert [request.form for request in judge.requests] == ["json_schema", "json_object", "plain"]
    assert JudgeState.objects.get().answer_form == "plain"
    conversations.send_traces(signal.project, 1, now=timezone.now())
    assert len(run_line()) == 2
    assert judge.requests[-1].form == "plain"
    assert len(judge.requests) == 4


def test_a_transcript_that_is_too_long_for_the_model_is_cut_until_it_fits(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    settings.JUDGE_MAX_INPUT_CHARS = 8000
    project = signal.project
    conversations.send_traces(project, 1, now=timezone.now(), answered="word " * 5000)

    def script(request: Request) -> Answer:
        if len(request.text) > 10_000:
            return error(400, "This model's maximum context length is 8192 tokens")
        return verdict("false")

    judge = start_judge(script)
    found = run_line()
    assert {each.outcome for each in found} == {"labelled"}
    assert max(each.cut_chars for each in found) > 20_000
    assert len(judge.requests) in {2, 3}


def test_a_transcript_of_which_no_part_fits_fails_and_says_what_to_do(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([error(400, "context_length_exceeded")])
    (one,) = run_line()
    assert one.outcome == "failed"
    assert "JUDGE_MAX_INPUT_CHARS" in one.reason
    assert 2 <= len(judge.requests) <= 5


def test_a_request_that_is_wrong_for_ever_is_not_repeated(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([error(400, "messages.1.content is not to my taste")])
    (one,) = run_line()
    assert one.outcome == "failed"
    assert "not to my taste" in one.reason
    assert len(judge.requests) == 1


def test_a_judge_that_is_not_there_is_waited_for(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    start_judge()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.JUDGE_BASE_URL = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    settings.JUDGE_RETRY_BASE_S = 60
    assert run_line() == []
    assert "could not be reached" in waiting()[0].last_error


def test_no_proxy_of_the_environment_sees_the_traffic(
    start_judge: StartJudge, run_line: Line, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    start_judge()
    assert run_line()[0].outcome == "labelled"
