"""What an agent was asked and answered stands in its transcript once, around its model calls."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.traces.conversations import assistant, call, lines, span, system, user
from traces.records import StoredSpan
from traces.transcript import of_session, of_trace


def test_a_question_that_no_model_call_was_given_comes_first():
    spans = [
        span(1, "agent", at=0, lasts=9, input__value="Where is it?", output__value="On its way."),
        call(2, [user("Rewrite: Where is it?")], [assistant("Location?")], parent=1, at=1),
    ]
    assert lines(of_trace(spans)) == [
        "user: Where is it?",
        "user: Rewrite: Where is it?",
        "assistant: Location?",
        "assistant: On its way.",
    ]


def test_the_answer_stands_behind_the_calls_that_came_after_it():
    spans = [
        span(1, "agent", at=0, lasts=9, input__value="Where is it?", output__value="Here."),
        call(2, [user("Where is it?")], [assistant("Here.")], parent=1, at=1),
        call(3, [system("Make a title.")], [assistant("A parcel")], parent=1, at=4),
    ]
    assert lines(of_trace(spans)) == [
        "user: Where is it?",
        "system: Make a title.",
        "assistant: A parcel",
        "assistant: Here.",
    ]


def test_an_answer_that_was_given_in_an_earlier_turn_is_given_again():
    def turn(number: int, at: float) -> list[StoredSpan]:
        trace = f"{number:032x}"
        held: dict[str, Any] = {"input__value": "Sure?", "output__value": "Yes."}
        return [
            span(1, "agent", at=at, lasts=5, trace=trace, **held),
            call(2, [user("Which way?")], [assistant("OTHER")], parent=1, at=at + 1, trace=trace),
        ]

    told = lines(of_session([turn(1, 0), turn(2, 10)]))
    assert told.count("user: Sure?") == told.count("assistant: Yes.") == 2


def test_two_runs_of_one_trace_may_be_asked_and_answer_alike():
    held: dict[str, Any] = {"input__value": "Again?", "output__value": "Done."}
    spans = [
        span(1, at=0, lasts=30),
        span(2, "agent", 1, at=1, lasts=5, **held),
        call(3, [user("Again?")], [assistant("Done.")], parent=2, at=2),
        span(4, "agent", 1, at=11, lasts=5, **held),
        call(5, [user("Again?")], [assistant("Done.")], parent=4, at=12),
    ]
    said = ["user: Again?", "assistant: Done."]
    assert lines(of_trace(spans)) == said + said


def test_steps_of_one_run_are_no_runs():
    spans = [
        span(1, "chain", at=0, lasts=9),
        span(2, "chain", 1, at=1, input__value="Hi", output__value="step one"),
        span(3, "chain", 1, at=3, input__value="step one", output__value="step two"),
        call(4, [user("Hi")], [assistant("Hello")], parent=1, at=5),
    ]
    assert "step two" not in " ".join(lines(of_trace(spans)))


def test_an_answer_in_pieces_or_cut_off_is_the_same_answer():
    long = "It arrives tomorrow. " * 30
    spans = [
        span(1, "agent", at=0, lasts=9, input__value="When?", output__value=long[:400] + "..."),
        call(2, [user("When?")], [assistant(long)], parent=1, at=1),
    ]
    assert [line.split(":")[0] for line in lines(of_trace(spans))] == ["user", "assistant"]


def test_what_was_called_a_step_with_is_nobodys_question():
    state = {"topic": "parcels", "limit": 3, "docs": [{"id": 1}]}
    spans = [
        span(1, "chain", at=0, lasts=9, input__value=state, output__value=state),
        call(2, [user("Where is it?")], [assistant("Here.")], parent=1, at=1),
    ]
    assert lines(of_trace(spans)) == ["user: Where is it?", "assistant: Here."]


def test_a_structured_answer_of_an_agent_is_its_answer():
    spans = [
        span(1, "agent", at=0, lasts=9, output__value='{"city": "Paris", "sure": true}'),
        call(2, [user("Where?")], [assistant("I shall look.")], parent=1, at=1),
    ]
    assert lines(of_trace(spans))[-1] == 'assistant: {"city":"Paris","sure":true}'


def test_the_answers_of_a_session_are_history_in_its_next_turn():
    first = [
        span(1, "agent", at=0, lasts=5, input__value="Hi", output__value="Blocked."),
        call(2, [user("Hi")], [assistant("Rude words")], parent=1, at=1),
    ]
    other = "b" * 32
    history = [user("Hi"), assistant("Blocked."), user("Why?")]
    second = [call(3, history, [assistant("Rules.")], at=10, trace=other)]
    assert lines(of_session([first, second])) == [
        "user: Hi",
        "assistant: Rude words",
        "assistant: Blocked.",
        "user: Why?",
        "assistant: Rules.",
    ]


def test_a_half_that_only_a_plain_model_call_told_is_read_there():
    spans = [
        span(1, "chain", at=0, lasts=9, output__value="In Rome."),
        span(2, "llm", 1, at=1, input__value="Lost luggage", output__value="Rome"),
    ]
    assert lines(of_trace(spans)) == ["user: Lost luggage", "assistant: In Rome."]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["agent", "chain"])
def test_many_runs_are_read_in_linear_time(kind: str):
    said: dict[str, Any] = {"input__value": "Do it again, please", "output__value": "Done."}
    spans = [span(1, at=0, lasts=9_999)]
    for number in range(2_000):
        spans.append(span(2 * number + 2, kind, 1, at=number, **said))
        inner = call(2 * number + 3, [user("Do it again, please")], [assistant("Done.")], at=number)
        inner.parent_span_id = spans[-1].span_id
        spans.append(inner)
    began = time.monotonic()
    of_trace(spans)
    assert time.monotonic() - began < 5
