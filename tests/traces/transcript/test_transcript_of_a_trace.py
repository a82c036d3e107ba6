"""A trace as a conversation: each message once, from one source, tools with their results."""

from __future__ import annotations

from tests.traces.conversations import (
    SECOND,
    assistant,
    call,
    lines,
    result,
    span,
    system,
    user,
)
from traces.transcript import of_span, of_trace

LOOK = ("c1", "look", '{"q": 1}')


def test_the_history_that_every_model_call_repeats_is_read_once():
    first = [system("Be brief."), user("Where is it?")]
    spans = [
        call(2, first, [assistant("", LOOK)], parent=1, at=1),
        call(3, [*first, assistant("", LOOK), result("c1", "found")], [assistant("Here.")], at=3),
        span(1, "agent", at=0, lasts=9, input__value="Where is it?", output__value="Here."),
    ]
    assert lines(of_trace(spans)) == [
        "system: Be brief.",
        "user: Where is it?",
        'look({"q": 1}) -> found',
        "assistant: Here.",
    ]


def test_a_user_who_says_yes_twice_is_read_twice():
    history = [user("yes"), assistant("Sure?"), user("yes")]
    spans = [
        call(1, history[:1], [assistant("Sure?")], at=1),
        call(2, history, [assistant("Done.")], at=3),
    ]
    assert lines(of_trace(spans)) == [
        "user: yes",
        "assistant: Sure?",
        "user: yes",
        "assistant: Done.",
    ]


def test_calls_without_history_may_answer_alike():
    spans = [
        call(1, [user("Is A good?")], [assistant("yes")], at=1),
        call(2, [user("Is B good?")], [assistant("yes")], at=3),
    ]
    assert lines(of_trace(spans)).count("assistant: yes") == 2


def test_nested_model_calls_are_one_call():
    said = {"asked": [user("Hi")], "answered": [assistant("Hello")]}
    spans = [call(1, **said, at=0, lasts=4), call(2, **said, parent=1, at=1, lasts=2)]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_of_nested_model_calls_the_inner_one_speaks():
    spans = [
        call(1, [user("{question}")], [assistant("HELLO")], at=0, lasts=4),
        call(2, [user("Hi")], [assistant("Hello")], parent=1, at=1, lasts=2),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_the_outer_call_gives_the_answer_that_the_inner_one_did_not_record():
    spans = [
        call(1, [user("Hi")], [assistant("Hello")], at=0, lasts=4),
        call(2, [user("Hi")], None, parent=1, at=1, lasts=2),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_two_instrumentations_of_one_call_side_by_side_are_one_call():
    said = {"asked": [user("Hi")], "answered": [assistant("Hello")]}
    spans = [
        span(9, "agent", at=0, lasts=9),
        call(1, **said, parent=9, at=0, lasts=4),
        call(2, **said, parent=9, at=1, lasts=2),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_an_outer_call_with_messages_wins_over_an_inner_one_with_text():
    spans = [
        call(1, [user("Hi")], [assistant("Hello")], at=0, lasts=4),
        span(2, "llm", 1, at=1, input__value="user: Hi", output__value="Hello"),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_without_messages_the_root_speaks_and_inner_spans_do_not():
    spans = [
        span(1, "chain", at=0, lasts=9, input__value="Hi", output__value="Hello"),
        span(2, "agent", 1, at=1, lasts=7, input__value="Hi", output__value="Hello"),
        span(3, "llm", 2, at=2, lasts=5, input__value="Prompt: Hi", output__value="Hello"),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_the_agent_speaks_where_the_root_says_nothing():
    spans = [
        span(1, at=0, lasts=9, http__route="/chat"),
        span(2, "agent", 1, at=1, input__value="Hi", output__value="Hello"),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_question_and_answer_may_stand_on_two_spans():
    spans = [
        span(1, "chain", at=0, lasts=9, output__value="Hello"),
        span(2, "chain", 1, at=1, input__value="Hi"),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "assistant: Hello"]


def test_plain_model_calls_speak_where_nothing_else_does():
    spans = [
        span(1, at=0, lasts=9),
        span(2, "llm", 1, at=1, input__value="One?", output__value="1"),
        span(3, "llm", 1, at=3, input__value="Two?", output__value="2"),
    ]
    assert lines(of_trace(spans)) == ["user: One?", "assistant: 1", "user: Two?", "assistant: 2"]


def test_the_root_gives_the_answer_that_the_last_model_call_did_not_record():
    spans = [
        span(1, "agent", at=0, lasts=9, input__value="Where?", output__value="Here."),
        call(2, [user("Where?")], [assistant("I look.", LOOK)], parent=1, at=1),
        span(3, "tool", 1, at=3, tool__name="look", tool__id="c1", output__value="found"),
        span(4, "llm", 1, at=5),
    ]
    assert lines(of_trace(spans)) == [
        "user: Where?",
        "assistant: I look.",
        'look({"q": 1}) -> found',
        "assistant: Here.",
    ]


def test_a_tools_span_fills_in_what_no_message_carries():
    spans = [
        call(1, [user("Where?")], [assistant("", LOOK)], at=0),
        span(
            2,
            "tool",
            at=2,
            lasts=3,
            gen_ai__tool__name="look",
            gen_ai__tool__call__id="c1",
            gen_ai__tool__call__result="found",
        ),
    ]
    (_, told) = of_trace(spans).entries
    assert (told.kind, told.role, told.name, told.call_id) == ("tool_call", "tool", "look", "c1")
    assert (told.arguments, told.result) == ('{"q": 1}', "found")
    assert (told.span_id, told.start_ns, told.duration_ns) == (
        f"{2:016x}",
        2 * SECOND,
        3 * SECOND,
    )


def test_tools_without_ids_are_matched_by_name_and_arguments():
    calls = assistant("", ("", "look", '{"q": 1}'), ("", "look", '{"q": 2}'))
    spans = [
        call(1, [user("Where?")], [calls], at=0),
        span(2, "tool", at=2, tool__name="look", input__value='{"q":2}', output__value="two"),
        span(3, "tool", at=3, tool__name="look", input__value='{"q":1}', output__value="one"),
    ]
    assert lines(of_trace(spans))[1:] == ['look({"q": 1}) -> one', 'look({"q": 2}) -> two']


def test_a_tool_that_no_message_mentions_has_an_entry_of_its_own():
    spans = [
        span(1, "agent", at=0, lasts=9, input__value="Hi", output__value="Hello"),
        span(2, "tool", 1, at=2, tool__name="look", input__value="{}", output__value="found"),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", "look({}) -> found", "assistant: Hello"]


def test_a_tool_wrapped_in_itself_is_one_tool():
    spans = [
        span(1, "tool", at=0, lasts=4, tool__name="look", input__value="{}"),
        span(2, "tool", 1, at=1, lasts=2, tool__name="look", input__value="{}"),
    ]
    assert lines(of_trace(spans)) == ["look({}) -> None"]


def test_a_call_is_not_given_to_the_span_of_another_call():
    spans = [
        call(1, [user("Where?")], [assistant("", LOOK)], at=0),
        span(2, "tool", at=2, tool__name="look", tool__id="c2", output__value="other"),
    ]
    assert lines(of_trace(spans))[1:] == ['look({"q": 1}) -> None', "look() -> other"]


def test_the_merged_span_of_parallel_tools_is_left_out():
    spans = [
        span(1, "tool", gen_ai__tool__name="look", input__value="{}", output__value="found"),
        span(2, "tool", gen_ai__tool__name="(merged tools)", output__value="found"),
    ]
    assert lines(of_trace(spans)) == ["look({}) -> found"]


def test_a_result_whose_call_was_not_recorded_is_kept():
    spans = [call(1, [user("Where?"), result("c9", "found")], [assistant("Here.")])]
    assert lines(of_trace(spans)) == ["user: Where?", "None() -> found", "assistant: Here."]


def test_a_failed_tool_and_a_failed_call_are_told_once():
    spans = [
        span(1, "agent", at=0, lasts=9, error="no credit", input__value="Hi"),
        call(2, [user("Hi")], [assistant("", LOOK)], parent=1, at=1),
        span(3, "tool", 1, at=3, tool__name="look", tool__id="c1", error="no such page"),
        call(4, [user("Hi")], None, parent=1, at=5, error="no credit"),
    ]
    transcript = of_trace(spans)
    assert lines(transcript) == [
        "user: Hi",
        'look({"q": 1}) -> None ! ValueError: no such page',
        "error: ValueError: no credit",
    ]
    assert transcript.entries[-1].span_id == f"{4:016x}"


def test_sub_agents_keep_their_order_in_time_and_their_names():
    task = [system("You search."), user("Search it")]
    spans = [
        span(1, "agent", at=0, lasts=20, agent="boss"),
        call(2, [user("Find it")], [assistant("", ("d", "delegate", "{}"))], parent=1, at=1),
        span(3, "agent", 1, at=3, lasts=5, agent="searcher"),
        call(4, task, [assistant("Found it")], parent=3, at=4),
        call(
            5,
            [user("Find it"), assistant("", ("d", "delegate", "{}")), result("d", "Found it")],
            [assistant("There.")],
            parent=1,
            at=9,
        ),
    ]
    entries = of_trace(spans).entries
    assert [(entry.agent_name, entry.name or entry.text) for entry in entries] == [
        ("boss", "Find it"),
        ("boss", "delegate"),
        ("searcher", "You search."),
        ("searcher", "Search it"),
        ("searcher", "Found it"),
        ("boss", "There."),
    ]


def test_clocks_that_differ_do_not_turn_question_and_answer_around():
    spans = [
        call(1, [user("One")], [assistant("Two")], at=1, lasts=5),
        call(2, [user("One"), assistant("Two"), user("Three")], [assistant("Four")], at=4),
    ]
    assert lines(of_trace(spans)) == [
        "user: One",
        "assistant: Two",
        "user: Three",
        "assistant: Four",
    ]


def test_a_state_that_holds_the_whole_run_is_not_doubled():
    run = [user("Hi"), assistant("", LOOK), result("c1", "found"), assistant("Here.")]
    spans = [
        span(1, "chain", input__value={"messages": run[:1]}, output__value={"messages": run}),
        span(2, "tool", 1, tool__name="look", tool__id="c1", output__value="found"),
    ]
    assert lines(of_trace(spans)) == ["user: Hi", 'look({"q": 1}) -> found', "assistant: Here."]


def test_nothing_said_is_no_content():
    assert not of_trace([]).has_content
    assert not of_trace([span(1, "agent"), span(2, "llm", 1, error="lost")]).has_content
    assert not of_trace([span(1, "tool", tool__name="look")]).has_content
    assert of_trace([span(1, "agent", input__value="Hi")]).has_content


def test_one_span_alone():
    said = call(1, [system("Be brief."), user("Hi"), user("Hi")], [assistant("Hello", LOOK)])
    assert lines(of_span(said)) == [
        "system: Be brief.",
        "user: Hi",
        "user: Hi",
        "assistant: Hello",
        'look({"q": 1}) -> None',
    ]
    tool = span(2, "tool", tool__name="f", input__value="{}", error="broken")
    assert lines(of_span(tool)) == ["f({}) -> None ! ValueError: broken"]


def test_reasoning_is_kept_apart_from_the_words():
    answer = {"role": "assistant", "reasoning_content": "Hm.", "content": "Hello"}
    (entry,) = of_span(call(1, [], [answer])).entries
    assert [part.type for part in entry.parts] == ["reasoning", "text"]
    assert entry.text == "Hello"
