"""From spans to labels, on the real pump and a real database, the judge alone being fake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from signals_app.definition import states
from signals_app.models import Classification, JudgeJob, LabelCount, Outcome, Signal, StateChange
from signals_app.queue import judging_again, queueing
from tests.fake_judge import Answer, Request, verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


def test_traces_become_labels(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge(lambda request: verdict("true", "The user says so."))
    project = conversations.project()
    signal = conversations.signal(project)
    sent = conversations.send_traces(project, 5, now=timezone.now())
    found = run_line()
    assert {each.target.bytes for each in found} == set(sent)
    assert {each.label for each in found} == {"true"}
    one = found[0]
    assert (one.outcome, one.explanation, one.reason) == ("labelled", "The user says so.", "")
    assert (one.input_tokens, one.output_tokens, one.cached_tokens) == (1000, 20, 800)
    assert (one.judge_model, one.cost_usd, one.attempts) == ("model-1", None, 1)
    assert one.signal_id == signal.pk
    assert one.sample_rate == 1.0
    assert not JudgeJob.objects.exists()
    assert len(judge.requests) == 5
    assert judge.requests[0].headers["authorization"] == "Bearer key-of-the-judge"
    counted = LabelCount.objects.filter(grain="m").values_list("outcome", "label", "n")
    assert sum(n for outcome, label, n in counted if (outcome, label) == ("labelled", "true")) == 5


def test_the_judge_reads_what_was_said(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now(), asked="My parcel is lost")
    run_line()
    text = judge.requests[0].text
    assert "| My parcel is lost" in text
    assert "| It arrives tomorrow." in text
    assert text.index("My parcel is lost") < text.index("# Question")


def test_a_price_makes_a_cost(start_judge: StartJudge, run_line: Line, settings: Any) -> None:
    start_judge()
    settings.JUDGE_PRICE_INPUT_USD, settings.JUDGE_PRICE_OUTPUT_USD = 2.0, 10.0
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now())
    assert run_line()[0].cost_usd == pytest.approx((1000 * 2 + 20 * 10) / 1e6)


def test_each_scope_judges_its_own_targets(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    for scope in ("span", "trace", "session"):
        conversations.signal(project, scope=scope, name=scope)
    conversations.send_traces(project, 3, now=timezone.now(), session="chat-1")
    found = run_line()
    by_scope = {
        scope: [each for each in found if each.scope == scope]
        for scope in ("span", "trace", "session")
    }
    assert {scope: len(rows) for scope, rows in by_scope.items()} == {
        "span": 3,
        "trace": 3,
        "session": 1,
    }
    assert all(each.span_id for each in by_scope["span"])
    assert by_scope["session"][0].target.hex == conversations.key_of_session(project, "chat-1")
    session = next(r.text for r in judge.requests if "whole conversation" in r.text)
    assert "[turn 3]" in session


def test_at_span_scope_the_output_alone_is_marked(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.signal(project, scope="span")
    conversations.send_traces(project, 1, now=timezone.now())
    run_line()
    text = judge.requests[0].text
    assert "[user]\n| Where is my order?" in text
    assert "[assistant — OUTPUT TO JUDGE]\n| It arrives tomorrow." in text


def test_a_target_without_words_is_skipped_and_not_sent(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now(), asked="", answered="")
    one = run_line()[0]
    assert one.outcome == Outcome.SKIPPED
    assert "no text to judge" in one.reason
    assert judge.requests == []


def test_signals_on_one_target_share_everything_up_to_the_question(
    start_judge: StartJudge, run_line: Line
) -> None:
    # Slow enough that both targets' first questions are asked before either is answered.
    judge = start_judge(latency_s=0.5)
    project = conversations.project()
    for template in ("user_frustration", "nsfw", "jailbreak_attempt"):
        conversations.signal(project, template)
    conversations.send_traces(project, 2, now=timezone.now())
    assert len(run_line()) == 6
    prompts = [request.body["messages"][1]["content"] for request in judge.requests]
    heads = {prompt.partition("# Question")[0] for prompt in prompts}
    assert len(prompts) == 6
    assert len(heads) == 2
    first_two = [request.body["messages"][1]["content"] for request in judge.requests[:2]]
    assert len({prompt.partition("# Question")[0] for prompt in first_two}) == 2


def test_only_the_sampled_share_is_judged(start_judge: StartJudge, run_line: Line) -> None:
    start_judge()
    project = conversations.project()
    conversations.signal(project, rate=0.3, name="some")
    conversations.signal(project, rate=0.6, name="more")
    conversations.send_traces(project, 80, now=timezone.now())
    found = run_line()
    some = {each.target for each in found if each.sample_rate == 0.3}
    more = {each.target for each in found if each.sample_rate == 0.6}
    assert 10 < len(some) < 40
    assert some < more


def test_another_agents_traces_are_left_alone(start_judge: StartJudge, run_line: Line) -> None:
    start_judge()
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 2, now=timezone.now(), agent="billing")
    assert run_line() == []


def test_what_settles_before_activation_is_not_judged_and_what_settles_after_is(
    start_judge: StartJudge, run_line: Line
) -> None:
    start_judge()
    project = conversations.project()
    signal = conversations.signal(project, is_active=False)
    conversations.send_traces(project, 1, now=timezone.now())
    assert run_line() == []
    conversations.send_traces(project, 1, now=timezone.now() - timedelta(hours=2))
    states.activate(signal, None, timezone.now())
    assert len(run_line()) == 1


def test_a_trace_that_grew_is_judged_again_and_the_newest_counts(
    start_judge: StartJudge, run_line: Line
) -> None:
    start_judge(
        lambda request: verdict("true" if "this is ridiculous" in request.text else "false")
    )
    project = conversations.project()
    conversations.signal(project)
    now = timezone.now()
    trace_id = conversations.send_traces(project, 1, now=now)[0]
    assert [each.label for each in run_line()] == ["false"]
    later = conversations.span(trace_id, "this is ridiculous", at=now - timedelta(minutes=50))
    conversations.send(project, [later], now - timedelta(minutes=50))
    first, second = run_line()
    assert (first.revision, first.is_current, first.label) == (1, False, "false")
    assert (second.revision, second.is_current, second.label) == (2, True, "true")
    counts = dict(LabelCount.objects.filter(grain="h", n__gt=0).values_list("label", "n"))
    assert counts == {"true": 1}


def test_a_trace_that_goes_on_is_judged_again_ever_later(
    start_judge: StartJudge, run_line: Line, settings: Any
) -> None:
    start_judge()
    settings.MAX_REVISIONS = 2
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.signal(project, scope="span", name="calls")
    now = timezone.now() - timedelta(hours=1)
    trace_id = conversations.send_traces(project, 1, now=now)[0]
    for minute in range(4):
        found = run_line()
        more = conversations.span(trace_id, f"more {minute}", at=now)
        conversations.send(project, [more], now)
    found = run_line()
    assert sorted(each.revision for each in found if each.scope == "trace") == [1, 2]
    assert len([each for each in found if each.scope == "span"]) == 5
    waiting = JudgeJob.objects.get()  # one, of the newest revision, as early as the first was due
    assert waiting.revision == 5
    assert waiting.available_at <= timezone.now() + timedelta(seconds=settings.TRACE_QUIET_S)
    JudgeJob.objects.update(available_at=timezone.now())
    found = run_line()
    assert [each.revision for each in found if each.scope == "trace" and each.is_current] == [5]
    judging_again.judge_again(signal, UUID(bytes=trace_id), 0, timezone.now())
    found = run_line()
    assert [each.revision for each in found if each.scope == "trace" and each.is_current] == [6]
    conversations.send(project, [conversations.span(trace_id, "even more", at=now)], now)
    run_line(pumps=0)
    assert JudgeJob.objects.get(scope="trace").revision == 7


def test_the_wait_doubles_up_to_a_day(settings: Any) -> None:
    settings.MAX_REVISIONS = 5
    waits = [queueing.wait_after(revision, 600).total_seconds() for revision in range(1, 10)]
    assert waits == [0, 0, 0, 0, 0, 600, 1800, 4200, 9000]
    assert queueing.wait_after(30_000, 600) == timedelta(days=1)


def test_a_paused_signals_waiting_targets_are_dropped(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 3, now=timezone.now())
    run_line(pumps=0)
    assert JudgeJob.objects.count() == 3
    assert states.pause(signal, None, timezone.now()) == 3
    assert run_line() == []
    assert judge.requests == []


def test_an_answer_that_comes_after_a_pause_is_no_label(
    start_judge: StartJudge, run_line: Line
) -> None:
    dropped: list[int] = []

    def paused_meanwhile(_request: Request) -> Answer:
        dropped.append(states.pause(Signal.objects.get(), None, timezone.now()))
        connection.close()  # the one of this thread
        return verdict("true")

    start_judge(paused_meanwhile)
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 3, now=timezone.now())
    assert run_line() == []
    assert sum(dropped) == 3
    assert not JudgeJob.objects.exists()
    assert StateChange.objects.get(dropped__gt=0).dropped == 3


def test_a_judge_that_answers_with_the_question_of_another_signal_is_not_possible(
    start_judge: StartJudge, run_line: Line
) -> None:
    """Each request carries the labels of its own signal as the only ones."""

    def answer(request: Request):
        allowed = request.body["response_format"]["json_schema"]["schema"]["properties"]["label"]
        assert allowed["enum"][-1] == "cannot tell"
        return verdict(allowed["enum"][-2])

    start_judge(answer)
    project = conversations.project()
    conversations.signal(project)
    conversations.signal(project, "sentiment", scope="trace")
    conversations.send_traces(project, 2, now=timezone.now())
    assert sorted(str(each.label) for each in run_line()) == [
        "false",
        "false",
        "negative",
        "negative",
    ]
