"""A session as a conversation: each trace shows what it adds."""

from __future__ import annotations

from typing import Any

from tests.traces.conversations import assistant, call, line, result, span, system, user
from traces.records import StoredSpan
from traces.transcript import of_session

ONE, TWO = "1" * 32, "2" * 32


def _turns(*traces: list[StoredSpan]) -> list[list[str]]:
    return [[line(entry) for entry in turn.entries] for turn in of_session(list(traces)).turns]


def _turn(trace: str, at: float, asked: list[dict[str, Any]], answer: str) -> list[StoredSpan]:
    return [call(1, asked, [assistant(answer)], trace=trace, at=at)]


def test_history_of_earlier_turns_is_not_shown_again():
    first = [system("Be brief."), user("Hi"), assistant("", ("c", "f", "{}")), result("c", "done")]
    second = [*first, assistant("Hello"), user("And now?")]
    assert _turns(_turn(ONE, 1, first, "Hello"), _turn(TWO, 60, second, "Bye")) == [
        ["system: Be brief.", "user: Hi", "f({}) -> done", "assistant: Hello"],
        ["user: And now?", "assistant: Bye"],
    ]


def test_turns_stand_in_the_order_of_time():
    late, early = _turn(TWO, 60, [user("B")], "2"), _turn(ONE, 1, [user("A")], "1")
    transcript = of_session([late, early])
    assert [turn.trace_id for turn in transcript.turns] == [ONE, TWO]
    assert [turn.start_ns for turn in transcript.turns] == [1_000_000_000, 60_000_000_000]


def test_the_same_question_in_a_later_turn_is_asked_again():
    assert _turns(_turn(ONE, 1, [user("yes")], "ok"), _turn(TWO, 60, [user("yes")], "ok")) == [
        ["user: yes", "assistant: ok"],
        ["user: yes", "assistant: ok"],
    ]


def test_the_same_question_with_its_history_is_shown_once_in_each_turn():
    history = [user("yes"), assistant("ok"), user("yes")]
    later = [call(2, [*history, assistant("more")], [assistant("end")], trace=TWO, at=62)]
    assert _turns(_turn(ONE, 1, history[:1], "ok"), _turn(TWO, 60, history, "more") + later) == [
        ["user: yes", "assistant: ok"],
        ["user: yes", "assistant: more", "assistant: end"],
    ]


def test_plain_roots_make_a_turn_each():
    traces = [
        [span(1, "agent", trace=trace, at=at, input__value=said, output__value="ok")]
        for trace, at, said in ((ONE, 1, "Hi"), (TWO, 60, "Hi"))
    ]
    assert _turns(*traces) == [["user: Hi", "assistant: ok"], ["user: Hi", "assistant: ok"]]


def test_traces_without_spans_are_left_out():
    assert of_session([[], []]).turns == []
    assert not of_session([]).has_content


def test_entries_name_the_trace_that_they_were_read_in():
    transcript = of_session([_turn(ONE, 1, [user("A")], "1"), _turn(TWO, 60, [user("B")], "2")])
    assert [entry.trace_id for entry in transcript.entries] == [ONE, ONE, TWO, TWO]
