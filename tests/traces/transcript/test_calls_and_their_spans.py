"""A tool's span and a tool's result are given to the call that they belong to."""

from __future__ import annotations

import pytest

from tests.traces.conversations import assistant, call, lines, result, span, user
from traces.records import StoredSpan
from traces.transcript import of_session, of_trace
from traces.transcript.arguments import Compared


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ('{"a": 1, "b": "x"}', "{'b': 'x', 'a': 1}", "equal"),
        ('{"a": "9999"}', '{"a": 9999}', "equal"),
        ('{"input": {"a": 1}}', '{"a":1}', "equal"),
        ('{"query": "parcel"}', "parcel", "equal"),
        ('{"a": 1}', '{"a": 1, "limit": 5}', "more"),
        ('{"a": 1}', '{"a": 2}', "other"),
        ('{"a": 1}', "parcel", "other"),
        ('{"a": 1}', "", "unknown"),
    ],
)
def test_arguments_are_compared_as_values(one: str, other: str, said: str):
    assert Compared().compare(one, other) == said
    assert Compared().compare(other, one) == said


def test_a_failed_tool_is_not_given_to_an_open_call_of_other_arguments():
    spans = [
        call(1, [user("Both?")], [assistant("", ("c1", "look", '{"id": "1842"}'))], at=0),
        span(2, "tool", at=3, tool__name="look", input__value="{'id': '9999'}", error="gone"),
    ]
    assert lines(of_trace(spans))[1:] == [
        'look({"id": "1842"}) -> None',
        "look({'id': '9999'}) -> None ! ValueError: gone",
    ]


def test_arguments_that_the_tool_filled_in_do_not_hide_its_call():
    spans = [
        call(1, [user("It?")], [assistant("", ("c1", "look", '{"id": "1"}'))], at=0),
        span(2, "tool", at=3, tool__name="look", input__value='{"id":"1","n":5}', error="gone"),
    ]
    assert lines(of_trace(spans))[1:] == ['look({"id": "1"}) -> None ! ValueError: gone']


def test_two_calls_alike_are_two_and_their_spans_meet_them_by_id():
    twice = assistant("", ("a", "look", '{"id":1}'), ("b", "look", '{"id":1}'))
    spans = [
        call(1, [user("Twice?")], [twice], at=0),
        span(2, "tool", at=2, tool__name="look", tool__id="x", output__value="one"),
        span(3, "tool", at=3, tool__name="look", tool__id="b", output__value="two"),
    ]
    told = lines(of_trace(spans))
    assert 'look({"id":1}) -> two' in told
    assert "look() -> one" in told


@pytest.mark.parametrize("none", ["<not specified>", "", "null", "None", "undefined", "N/A"])
def test_a_placeholder_is_no_id(none: str):
    spans = [
        call(1, [user("It?")], [assistant("", ("a", "look", '{"id":1}'))], at=0),
        span(
            2, "tool", at=2, gen_ai__tool__name="look", gen_ai__tool__call__id=none,
            gen_ai__tool__call__arguments={"id": 1}, gen_ai__tool__call__result="found",
        ),
    ]  # fmt: skip
    (entry,) = of_trace(spans).entries[1:]
    assert (entry.call_id, entry.result) == ("a", "found")


def test_ids_that_count_anew_in_each_turn_are_not_mixed_up():
    def turn(number: int, order: str, at: float) -> list[StoredSpan]:
        trace = f"{number:032x}"
        asked = [user(f"Order {order}?")]
        calls = assistant("", ("call_0", "look", f'{{"id":"{order}"}}'))
        return [
            call(1, asked, [calls], at=at, trace=trace),
            call(2, [*asked, calls, result("call_0", f"{order} ok")], [], at=at + 2, trace=trace),
        ]

    told = lines(of_session([turn(1, "7", 0), turn(2, "8", 10)]))
    assert told == [
        "user: Order 7?",
        'look({"id":"7"}) -> 7 ok',
        "user: Order 8?",
        'look({"id":"8"}) -> 8 ok',
    ]


def test_a_failed_span_of_a_later_turn_belongs_to_the_open_call_of_the_earlier():
    other = "b" * 32
    spans = [span(2, "tool", at=9, trace=other, tool__name="look", tool__id="c1", error="gone")]
    first = [call(1, [user("It?")], [assistant("", ("c1", "look", "{}"))], at=0)]
    assert lines(of_session([first, spans])) == [
        "user: It?",
        "look({}) -> None ! ValueError: gone",
    ]


def test_many_calls_in_another_order_are_met_by_their_arguments():
    calls = [("", "look", f'{{"id": {number}}}') for number in range(300)]
    spans = [call(1, [user("All?")], [assistant("", *calls)], at=0)]
    spans += [
        span(10 + n, "tool", at=2, tool__name="look", input__value=f"{{'id': {n}}}",
             output__value=f"r{n}")
        for n in reversed(range(300))
    ]  # fmt: skip
    told = lines(of_trace(spans))[1:]
    assert told == [f'look({{"id": {number}}}) -> r{number}' for number in range(300)]


def test_a_result_of_a_later_turn_finds_the_only_open_call_without_an_id():
    other = "b" * 32
    asked = [user("It?")]
    first = [call(1, asked, [assistant("", ("", "look", '{"id":1}'))], at=0)]
    second = [call(2, [*asked, result("c1", "found")], [assistant("Here.")], at=9, trace=other)]
    assert lines(of_session([first, second])) == [
        "user: It?",
        'look({"id":1}) -> found',
        "assistant: Here.",
    ]
