"""What a model call repeats of earlier turns is told from the request that its trace answers."""

from __future__ import annotations

from tests.traces.conversations import assistant, call, line, result, span, system, user
from traces.transcript import Transcript, of_session, of_span, of_trace

OLD = ("c0", "look", '{"q": 0}')
LOOK = ("c1", "look", '{"q": 1}')
HISTORY = [system("Be brief."), user("You idiot!"), assistant("", OLD), result("c0", "nothing")]
HISTORY = [*HISTORY, assistant("Sorry.")]


def told(transcript: Transcript) -> list[str]:
    return [("~ " if entry.is_context else "") + line(entry) for entry in transcript.entries]


EXPECTED = [
    "system: Be brief.",
    "~ user: You idiot!",
    '~ look({"q": 0}) -> nothing',
    "~ assistant: Sorry.",
    "user: Where is it?",
    "assistant: Here.",
]


def test_what_came_before_the_newest_question_is_context():
    asked = [*HISTORY, user("Where is it?")]
    spans = [call(1, asked, [assistant("Here.")])]
    assert told(of_trace(spans)) == EXPECTED
    assert told(of_span(spans[0])) == EXPECTED


def test_what_happened_in_this_trace_is_no_context_in_its_later_calls():
    asked = [*HISTORY, user("Where is it?")]
    later = [*asked, assistant("", LOOK), result("c1", "found"), user("(continue)")]
    spans = [
        call(1, asked, [assistant("", LOOK)], at=1),
        call(2, later, [assistant("Here.")], at=3),
    ]
    assert told(of_trace(spans))[4:] == [
        "user: Where is it?",
        'look({"q": 1}) -> found',
        "user: (continue)",
        "assistant: Here.",
    ]


def test_an_answer_that_was_written_down_otherwise_is_no_context():
    later = [*HISTORY, user("Where is it?"), assistant("I look it up"), user("go on")]
    spans = [
        call(1, [*HISTORY, user("Where is it?")], [assistant("I  will look")], at=1),
        call(2, later, [assistant("Here.")], at=3),
    ]
    assert "assistant: I look it up" in told(of_trace(spans))


def test_a_guardrail_that_reads_the_question_first_changes_nothing():
    spans = [
        call(1, [system("Is it safe?"), user("Where is it?")], [assistant("safe")], at=1),
        call(2, [*HISTORY, user("Where is it?")], [assistant("Here.")], at=3),
    ]
    said = told(of_trace(spans))
    assert said.index("~ user: You idiot!") < said.index("~ assistant: Sorry.")
    assert said.index("~ assistant: Sorry.") < said.index("user: Where is it?")
    assert "user: You idiot!" not in said


def test_a_router_with_words_of_its_own_changes_nothing():
    spans = [
        call(1, [user("Route this: Where is it?")], [assistant("search")], at=1),
        call(2, [*HISTORY, user("Where is it?")], [assistant("Here.")], at=3),
    ]
    said = told(of_trace(spans))
    assert {"~ user: You idiot!", "user: Where is it?", "assistant: Here."} <= set(said)


def test_the_whole_state_of_a_run_holds_history_as_well():
    state = [*HISTORY, user("Where is it?"), assistant("Here.")]
    root = span(1, "agent", input__value="Where is it?", gen_ai__output__messages=state)
    assert [each for each in told(of_trace([root])) if not each.startswith("system")] == EXPECTED[
        1:
    ]


def test_a_first_question_has_no_context():
    asked = [system("Be brief."), user("Where is it?")]
    assert told(of_trace([call(1, asked, [assistant("Here.")])])) == [
        "system: Be brief.",
        "user: Where is it?",
        "assistant: Here.",
    ]


def test_several_turns_in_one_trace_are_all_answered_by_it():
    asked = [user("One?"), assistant("1"), user("Two?")]
    spans = [call(1, asked[:1], [assistant("1")], at=1), call(2, asked, [assistant("2")], at=3)]
    assert told(of_trace(spans)) == ["user: One?", "assistant: 1", "user: Two?", "assistant: 2"]


def test_a_call_of_an_earlier_turn_is_not_what_a_tool_of_this_trace_carried_out():
    old = [user("Book"), assistant("", ("", "book", '{"n": 1}')), assistant("Failed."), user("2")]
    spans = [
        call(1, old, [assistant("", ("", "book", '{"n": 2}'))], at=1),
        span(2, "tool", at=2, error="full", gen_ai__tool__name="book"),
    ]
    failed = [entry for entry in of_trace(spans).entries if entry.is_error]
    assert [(each.arguments, each.is_context) for each in failed] == [('{"n": 2}', False)]


def test_in_a_session_each_turn_adds_its_own():
    turns = [
        [call(1, [user("One?")], [assistant("1")], at=1, trace="1" * 32)],
        [call(2, [user("One?"), assistant("1"), user("Two?")], [assistant("2")], at=9)],
    ]
    assert told(of_session(turns)) == ["user: One?", "assistant: 1", "user: Two?", "assistant: 2"]
