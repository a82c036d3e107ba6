"""What the judge's server takes and how much it reads: found out once, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from signals_app.judging import prompt
from signals_app.judging.model_server import endpoints
from signals_app.judging.model_server.learned import Learned
from signals_app.models import Classification, JudgeState, Signal
from tests.fake_judge import Answer, Request, error, verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)
PROSE = "The parcel was sent on Monday, and it arrives tomorrow before noon. "


@pytest.fixture
def signal() -> Signal:
    return conversations.signal(conversations.project())


def send(signal: Signal, words: str = "It arrives tomorrow.") -> None:
    conversations.send_traces(signal.project, 1, now=timezone.now(), answered=words)


def tokens(request: Request) -> int:
    return len(request.text) // 4


def test_an_answer_is_asked_for_without_chance_and_within_a_bound(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    judge = start_judge()
    send(signal)
    run_line()
    body = judge.requests[0].body
    assert (body["temperature"], body["max_completion_tokens"]) == (0, 4096)
    assert "max_tokens" not in body


def test_a_body_of_ones_own_has_the_last_word(
    start_judge: StartJudge, run_line: Line, signal: Signal, settings: Any
) -> None:
    judge = start_judge()
    settings.JUDGE_EXTRA_BODY = {
        "temperature": None,
        "max_tokens": 900,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    send(signal)
    run_line()
    body = judge.requests[0].body
    assert "temperature" not in body
    assert "max_completion_tokens" not in body
    assert (body["max_tokens"], body["chat_template_kwargs"]) == (900, {"enable_thinking": False})


def o_series(body: dict[str, Any]) -> Answer | None:
    if "temperature" in body:
        return error(
            400, "Unsupported value: 'temperature' does not support 0", "unsupported_value"
        )
    return None


def older_names(body: dict[str, Any]) -> Answer | None:
    if "max_completion_tokens" in body:
        return error(422, "body.max_completion_tokens: Extra inputs are not permitted")
    return None


def knows_little(body: dict[str, Any]) -> Answer | None:
    for key in ("response_format", "temperature", "max_completion_tokens", "max_tokens"):
        if key in body:
            return error(400, f"Unrecognized request argument supplied: {key}")
    return None


def llama_cpp_python(body: dict[str, Any]) -> Answer | None:
    if body.get("response_format", {}).get("type") == "json_schema":
        words = "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': …}]"
        return error(500, words, "internal_server_error")
    return None


@pytest.mark.parametrize(
    ("server", "gone", "kept"),
    [
        (o_series, {"temperature"}, {"response_format", "max_completion_tokens"}),
        (older_names, {"max_completion_tokens"}, {"max_tokens", "temperature"}),
        (knows_little, {"temperature", "max_tokens", "response_format"}, {"model", "messages"}),
        (llama_cpp_python, set(), {"response_format", "temperature"}),
    ],
)
def test_what_the_server_refuses_is_left_out_from_then_on(
    server: Callable[[dict[str, Any]], Answer | None],
    gone: set[str],
    kept: set[str],
    start_judge: StartJudge,
    run_line: Line,
    signal: Signal,
) -> None:
    judge = start_judge(lambda request: server(request.body) or verdict("true"))
    send(signal)
    (one,) = run_line()
    assert (one.label, one.attempts) == ("true", 1)
    asked = len(judge.requests)
    send(signal)
    assert len(run_line()) == 2
    assert len(judge.requests) == asked + 1  # also by another pump: it stands in the database
    assert not gone & judge.requests[-1].body.keys()
    assert kept <= judge.requests[-1].body.keys()


def test_a_thinking_model_gets_more_room_and_keeps_it(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    def thinks(request: Request) -> Answer:
        if request.body["max_completion_tokens"] < 5000:
            return Answer("<think>Let me see. " + "Hm. " * 500, finish="length")
        return verdict("true")

    judge = start_judge(thinks)
    send(signal)
    assert run_line()[0].label == "true"
    assert [request.body["max_completion_tokens"] for request in judge.requests] == [4096, 16_384]
    send(signal)
    run_line()
    assert judge.requests[-1].body["max_completion_tokens"] == 16_384


def test_a_bound_that_alone_fills_the_context_is_made_smaller_and_nothing_is_cut(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    def small(request: Request) -> Answer:
        used, bound = tokens(request), request.body["max_completion_tokens"]
        if used + bound > 2000:
            return error(
                400,
                f"This model's maximum context length is 2000 tokens. However, you requested "
                f"{used + bound} tokens ({used} in the messages, {bound} in the completion).",
            )
        return verdict("true")

    start_judge(small)
    send(signal)
    (one,) = run_line()
    assert (one.label, one.cut_chars) == ("true", 0)


def test_the_second_budget_is_less_than_what_was_sent_and_the_limit_is_learned(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    """A transcript far below the setting, so that half of the setting would be all of it."""
    limit = 4000

    def short(request: Request) -> Answer:
        if tokens(request) > limit:
            return error(400, "the input is too long")
        return verdict("true")

    judge = start_judge(short)
    send(signal, PROSE * 500)  # 34,000 characters
    (one,) = run_line()
    assert one.label == "true"
    assert one.cut_chars > 0
    assert len(judge.requests) in {2, 3, 4}
    sent = [len(request.text) for request in judge.requests]
    assert sent == sorted(sent, reverse=True)
    asked = len(judge.requests)
    send(signal, PROSE * 500)
    run_line()
    assert len(judge.requests) == asked + 1


def test_a_limit_that_the_server_names_is_met_at_the_second_try(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    def says(request: Request) -> Answer:
        if tokens(request) > 8192:
            words = f"maximum context length is 8192 tokens… resulted in {tokens(request)} tokens"
            return error(400, words)
        return verdict("true")

    judge = start_judge(says)
    send(signal, PROSE * 800)  # 54,400 characters
    (one,) = run_line()
    assert one.label == "true"
    assert len(judge.requests) == 2
    assert tokens(judge.requests[1]) > 1500
    known = endpoints.known(timezone.now()).learned["model-1"]
    assert (known.context, known.cuts) == (8192, False)


def test_what_a_server_cuts_in_silence_is_noticed_and_said(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    def ollama(request: Request) -> Answer:
        return Answer(verdict("true").text, prompt_tokens=min(tokens(request), 4096))

    judge = start_judge(ollama)
    send(signal, PROSE * 500)
    (one,) = run_line()
    assert one.label == "true"
    assert one.cut_chars > 10_000
    assert len(judge.requests) == 2
    assert tokens(judge.requests[1]) < 4096
    row = JudgeState.objects.get()
    assert (row.context_tokens, row.cuts_silently) == (4096, True)
    send(signal, PROSE * 500)
    run_line()
    assert len(judge.requests) == 3


def test_a_server_that_counts_only_what_was_not_in_its_cache_is_not_taken_for_small(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    counts = iter([1111, 5000])

    def old(request: Request) -> Answer:
        return Answer(verdict("true").text, prompt_tokens=next(counts))

    start_judge(old)
    send(signal, PROSE * 500)
    assert run_line()[0].label == "true"
    assert JudgeState.objects.get().room_tokens is None


def test_how_much_a_judge_reads_is_tried_again_after_a_day(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    start_judge(lambda request: verdict("true"))
    known = endpoints.known(timezone.now()).learned.get("model-1")
    assert known is None
    now = timezone.now()
    endpoints.remember("model-1", Learned(room=1000, context=4096), now)
    assert endpoints.known(now).learned["model-1"].room == 1000
    later = now + timedelta(hours=25)
    assert endpoints.known(later).learned["model-1"].room is None
    endpoints.remember("model-1", Learned(room=1000, context=4096), later)
    assert endpoints.known(later).learned["model-1"].room == 1000


def test_a_server_that_breaks_at_a_form_and_does_not_say_so_is_asked_more_plainly(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    def breaks(request: Request) -> Answer:
        if request.form != "plain":
            return Answer(status=500, body=b"Internal Server Error")
        return verdict("true")

    judge = start_judge(breaks)
    send(signal)
    (one,) = run_line(pumps=2)
    assert one.label == "true"
    asked = [request.form for request in judge.requests]
    assert asked[:3] == ["json_schema", "json_schema", "json_object"]
    assert asked[-1] == "plain"
    assert JudgeState.objects.get().answer_form == "plain"


def test_an_answer_in_the_place_of_thoughts_is_read(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    body = (
        b'{"choices": [{"finish_reason": "stop", "message": {"content": null, '
        b'"reasoning_content": "{\\"reason\\": \\"r\\", \\"label\\": \\"true\\"}"}}]}'
    )
    judge = start_judge([Answer(body=body)])
    send(signal)
    assert run_line()[0].label == "true"
    assert len(judge.requests) == 1


def test_thoughts_that_quote_a_verdict_are_no_answer(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    body = (
        b'{"choices": [{"finish_reason": "stop", "message": {"content": "", '
        b'"reasoning": "Should I say {\\"label\\": \\"true\\"}? Or rather"}}]}'
    )
    start_judge([Answer(body=body)])
    send(signal)
    (one,) = run_line()
    assert one.outcome == "failed"
    assert "under the model's reasoning" in one.reason


def test_an_error_with_the_status_200_is_as_its_code_says(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    body = b'{"choices": null, "error": {"message": "Rate limit exceeded", "code": 429}}'
    start_judge([Answer(body=body), verdict("true")])
    send(signal)
    assert run_line(budget_s=1.5) == []
    row = JudgeState.objects.get()
    assert row.paused_until is not None
    assert "Rate limit exceeded" in row.last_error


@pytest.mark.parametrize("reason", ["…", prompt.EXAMPLE_REASON])
def test_a_reason_without_words_of_its_own_is_asked_for_again(
    reason: str, start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([verdict("true", reason), verdict("true", "The user says so.")])
    send(signal)
    (one,) = run_line()
    assert (one.label, one.explanation) == ("true", "The user says so.")
    assert "the reason has no words" in judge.requests[1].text


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        pytest.param(verdict("true", ""), "labelled", id="the same again"),
        pytest.param(Answer("I said so."), "labelled", id="nothing better"),
        pytest.param(verdict("false", ""), "failed", id="another label"),
    ],
)
def test_a_label_without_a_reason_stands_unless_two_differ(
    second: Answer, outcome: str, start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    start_judge([verdict("true", "..."), second])
    send(signal)
    assert run_line()[0].outcome == outcome


def test_what_the_judge_cannot_tell_is_skipped_with_its_reason(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge([verdict("cannot tell", "The user's words are missing.")])
    send(signal)
    (one,) = run_line()
    assert (one.outcome, one.label, one.reason_code) == ("skipped", None, "cannot_tell")
    assert one.reason == "Cannot tell: The user's words are missing."
    assert one.input_tokens == 1000
    schema = judge.requests[0].body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["label"]["enum"] == ["true", "false", "cannot tell"]
    assert "- cannot tell: only if the transcript lacks" in judge.requests[0].text


def test_the_example_of_an_answer_shows_real_labels_and_no_dots(
    start_judge: StartJudge, run_line: Line, signal: Signal
) -> None:
    judge = start_judge()
    send(signal)
    run_line()
    asked = judge.requests[0].text.partition("# Answer")[2]
    assert '"label": "true"}' in asked
    assert '"label": "false"}' in asked
    assert "…" not in asked
    assert "..." not in asked
