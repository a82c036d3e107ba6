"""Model calls that share a span, spans without their question, and turns that repeat earlier ones:
as OpenInference on ADK, Mastra and smolagents send them."""

from __future__ import annotations

import json
from typing import Any

from tests.traces.conversations import lines, span
from traces.records import StoredSpan
from traces.transcript import of_session
from traces.transcript.summary import words_of

FIND = {"type": "tool_call", "name": "find", "arguments": {"to": "Bergen"}}


def a_call(number: int, parent: int | None, asked: list[Any], answered: list[Any]) -> StoredSpan:
    return span(
        number,
        "llm",
        parent,
        at=number,
        gen_ai__input__messages=json.dumps(asked),
        gen_ai__output__messages=json.dumps(answered),
    )


def said(role: str, *parts: Any) -> dict[str, Any]:
    listed = [{"type": "text", "content": p} if isinstance(p, str) else p for p in parts]
    return {"role": role, "parts": listed}


RESULT = {"type": "tool_call_response", "name": "find", "response": "5"}


def test_a_call_left_over_on_a_span_of_several_is_not_made_again() -> None:
    asked = [said("user", "Hi"), said("assistant", FIND), said("tool", RESULT)]
    call = a_call(1, None, asked, [said("assistant", FIND, "Five.")])
    told = lines(of_session([[call]]))
    assert told == ["user: Hi", 'find({"to":"Bergen"}) -> 5', "assistant: Five."]


def test_a_call_that_is_made_again_is_told_again() -> None:
    asked = [said("user", "Hi"), said("assistant", FIND), said("tool", RESULT)]
    call = a_call(1, None, asked, [said("assistant", FIND)])
    calls = [line for line in lines(of_session([[call]])) if line.startswith("find")]
    assert len(calls) == 2


def test_instructions_beside_a_plain_question_of_an_agent_are_told() -> None:
    root = span(
        1,
        "agent",
        lasts=9,
        gen_ai__system_instructions="Be brief.",
        mastra__span__type="agent_run",
        mastra__agent_run__input="Hi",
    )
    call = a_call(2, 1, [], [said("assistant", "Hello.")])
    told = lines(of_session([[root, call]]))
    assert told == ["system: Be brief.", "user: Hi", "assistant: Hello."]


def test_a_turn_that_failed_has_no_answer_of_an_earlier_one() -> None:
    history = [said("user", "First"), said("assistant", "One."), said("user", "Second")]
    root = span(1, "agent", lasts=9, input__value="Second")
    assert words_of([root, a_call(2, 1, history, [])]) == ("Second", "")


def test_a_result_that_a_later_turn_repeats_without_a_name_is_that_of_the_tools_span() -> None:
    first = [
        a_call(1, None, [said("user", "Hi")], [said("assistant", FIND)]),
        span(2, "tool", at=3, tool__name="find", input__value='{"to":"Bergen"}', output__value="5"),
    ]
    nameless = {"type": "tool_call_response", "response": "5"}
    history = [said("user", "Hi"), said("assistant", FIND), said("tool", nameless)]
    second = [a_call(4, None, [*history, said("user", "Bye")], [said("assistant", "Bye.")])]
    told = lines(of_session([first, second]))
    assert told == ["user: Hi", 'find({"to":"Bergen"}) -> 5', "user: Bye", "assistant: Bye."]
