"""What smolagents, ADK, Langfuse and Strands write of a step: read as what it is, not as words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.otlp_requests import record
from traces import messages
from traces.conventions import derive

CALLING = (
    "Calling tools:\n[{'id': 'call_1', 'type': 'function', "
    "'function': {'name': 'find', 'arguments': {'to': 'Bergen'}}}]"
)
FAILED_EVENT = {"error_code": "400", "error_message": "closed", "invocation_id": "e-1", "id": "9"}


def _flattened(*said: tuple[str, str]) -> dict[str, Any]:
    found = {"openinference.span.kind": "LLM"}
    for number, (role, text) in enumerate(said):
        found[f"llm.input_messages.{number}.message.role"] = role
        found[f"llm.input_messages.{number}.message.contents.0.message_content.type"] = "text"
        found[f"llm.input_messages.{number}.message.contents.0.message_content.text"] = text
    return found


def test_calls_that_are_spelled_as_text_are_calls_and_an_observation_is_their_result() -> None:
    given = _flattened(("user", "Hi"), ("tool-call", CALLING), ("tool-response", "Observation:\n5"))
    content = messages.read(given, [], "llm")
    told = [(said.role, said.parts[0].type, said.parts[0].text) for said in content.input]
    assert told == [
        ("user", "text", "Hi"),
        ("assistant", "tool_call", '{"to":"Bergen"}'),
        ("tool", "tool_result", "5"),
    ]
    assert content.input[1].parts[0].name == "find"


@pytest.mark.parametrize("text", ["Calling tools:\n[{'id'", "Calling tools:\nall of them", "Fine."])
def test_what_is_no_list_of_calls_stays_what_it_says(text: str) -> None:
    content = messages.read(_flattened(("tool-call", text)), [], "llm")
    assert [part.text for said in content.input for part in said.parts] == [text]


@pytest.mark.parametrize(
    ("attributes", "asked", "answered"),
    [
        pytest.param(
            {"input.value": json.dumps({"task": "Book it", "stream": False, "max_steps": None})},
            "Book it",
            "",
            id="smolagents: the task among the settings of a run",
        ),
        pytest.param(
            {
                "langfuse.observation.output": '{"error": "Error: 400 closed"}',
                "langfuse.observation.level": "ERROR",
            },
            "",
            "",
            id="Langfuse: an error is no answer",
        ),
        pytest.param(
            {"langfuse.observation.output": '{"error": "none found"}'},
            "",
            '{"error":"none found"}',
            id="Langfuse: an answer about an error is one",
        ),
        pytest.param(
            {
                "gen_ai.output.messages": json.dumps(
                    [
                        {
                            "role": "assistant",
                            "parts": [
                                {"type": "text", "content": "Yes.\n"},
                                {"type": "tool_call_response", "id": "c", "response": "delivered"},
                            ],
                        }
                    ]
                )
            },
            "",
            "Yes.",
            id="Vercel: the words alone of a message that holds its tools' results too",
        ),
    ],
)
def test_a_list_shows_the_words(attributes: dict[str, Any], asked: str, answered: str) -> None:
    assert messages.preview(attributes, [], "agent") == (asked, answered)


def test_an_event_of_adk_that_only_tells_an_error_is_nobodys_words() -> None:
    content = messages.read({"output.value": json.dumps(FAILED_EVENT)}, [], "agent")
    assert {part.type for said in content.output for part in said.parts} <= {"raw"}


@pytest.mark.parametrize(
    ("attributes", "arguments", "result"),
    [
        pytest.param(
            {
                "input.value": '{"args": [], "sanitize_inputs_outputs": true, "kwargs": {"to": 1}}',
                "output.value": "5",
            },
            '{"to":1}',
            "5",
            id="smolagents: a switch beside the arguments",
        ),
        pytest.param(
            {
                "tool.parameters": '{"to":1}',
                "output.value": '{"id":"a","name":"find","response":{"result":"5"}}',
            },
            '{"to":1}',
            '{"result":"5"}',
            id="ADK: a function's response",
        ),
    ],
)
def test_a_tools_span_tells_what_it_was_given_and_gave(
    attributes: dict[str, Any], arguments: str, result: str
) -> None:
    content = messages.read({"tool.name": "find", **attributes}, [], "tool")
    assert content.input[0].parts[0].text == arguments
    assert content.output[0].parts[0].text == result


@pytest.mark.parametrize(
    ("parameters", "model"),
    [('{"model": "m-1", "temperature": 0}', "m-1"), ('{"top_p": 1}', None), ("[1", None)],
)
def test_a_failed_call_has_the_model_that_was_asked_for(parameters: str, model: str | None) -> None:
    given = {"openinference.span.kind": "LLM", "llm.invocation_parameters": parameters}
    assert derive(record(given)).model == model
