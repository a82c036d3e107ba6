"""What is read from the many shapes of a chat completion, and of an error in its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from signals_app.judging.model_server import completions, error_bodies

GIVEN = json.loads((Path(__file__).parents[2] / "data/judge-cases/completions.json").read_text())
VERDICT = '{"reason": "r", "label": "true"}'


def completion(**message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("case", GIVEN, ids=[case["kind"][:30] for case in GIVEN])
def test_completions_as_servers_were_seen_to_send_them(case: dict[str, Any]) -> None:
    body = completions.parsed(json.dumps(case["body"]).encode())
    if not body.get("error"):
        found = completions.read(body)
        assert json.loads(found.text or found.aside)["label"] == "true"
        return
    with pytest.raises(completions.NoCompletion) as raised:
        completions.read(body)
    told = raised.value.told
    assert told
    assert (told.status, told.message) == (
        429,
        "Rate limit exceeded (temporarily rate-limited upstream)",
    )


@pytest.mark.parametrize(
    "content",
    [
        VERDICT,
        [{"type": "text", "text": VERDICT}],
        [{"type": "output_text", "text": VERDICT}],
        [{"text": VERDICT}],
        [VERDICT],
        [{"type": "thinking", "thinking": "hm {"}, {"type": "text", "text": VERDICT}],
        [{"type": "reasoning", "text": "hm {"}, {"type": "text", "text": VERDICT}],
        [{"type": "text", "text": VERDICT[:9]}, {"type": "text", "text": VERDICT[9:]}],
        [{"type": "text", "text": {"value": VERDICT}}],
        [{"type": "json", "json": json.loads(VERDICT)}],
        json.loads(VERDICT),
    ],
)
def test_the_text_of_an_answer_is_found(content: object) -> None:
    assert json.loads(completions.read(completion(content=content)).text)["label"] == "true"


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning": VERDICT},
        {"content": "", "reasoning_content": VERDICT},
        {"content": [], "tool_calls": [{"function": {"name": "v", "arguments": VERDICT}}]},
    ],
)
def test_text_that_stands_elsewhere_is_kept_aside(message: dict[str, Any]) -> None:
    found = completions.read(completion(**message))
    assert (found.text, found.aside) == ("", VERDICT)


def test_a_refusal_as_a_part_is_one() -> None:
    found = completions.read(completion(content=[{"type": "refusal", "refusal": "No."}]))
    assert found.refusal == "No."


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"error": {"message": "m", "code": "429"}}, 429, "m"),
        ({"error": {"message": "m", "code": "insufficient_quota"}}, 402, "m"),
        ({"error": {"message": "m", "type": "rate_limit_error"}}, 429, "m"),
        ({"error": {"message": "m", "type": "authentication_error"}}, 401, "m"),
        ({"error": {"message": "m", "code": "model_not_found"}}, 404, "m"),
        ({"error": {"message": "m", "type": "overloaded_error"}}, 503, "m"),
        ({"error": {"message": "m", "type": "invalid_request_error"}}, 400, "m"),
        ({"error": "queue full"}, 500, "queue full"),
        ({"object": "error", "message": "m", "code": 404}, 404, "m"),
        ({"detail": "Invalid API key"}, 500, "Invalid API key"),
        ({"choices": [{"error": {"code": 502, "message": "upstream"}}]}, 502, "upstream"),
        ({"choices": [], "error": {"code": 401, "message": "no"}}, 401, "no"),
        ([{"error": {"code": 400, "message": "API key not valid"}}], 400, "API key not valid"),
    ],
)
def test_an_error_with_the_status_200_has_the_status_that_it_names(
    body: Any, status: int, message: str
) -> None:
    told = error_bodies.told(body)
    if isinstance(body, dict) and "choices" in body:
        with pytest.raises(completions.NoCompletion) as raised:
            completions.read(body)
        told = raised.value.told
    assert told
    assert (told.status, told.message) == (status, message)


def test_complaints_of_fastapi_are_said_with_their_place() -> None:
    body = {
        "detail": [
            {
                "loc": ["body", "response_format", "type"],
                "msg": "Input should be 'text'",
                "type": "x",
            },
            {"loc": ["body", "temperature"], "msg": "too cold", "input": 0},
        ]
    }
    told = error_bodies.told(body, 422)
    assert told
    assert told.message == (
        "body.response_format.type: Input should be 'text'; body.temperature: too cold"
    )


@pytest.mark.parametrize(
    "body", [None, 7, "", [], {}, {"choices": 1}, {"choices": [None]}, {"choices": [{}]}, {"x": 1}]
)
def test_what_is_no_completion_never_makes_reading_crash(body: Any) -> None:
    with pytest.raises(completions.NoCompletion):
        completions.read(body)


def test_halves_of_surrogates_and_control_characters_do_not_spoil_an_answer() -> None:
    raw = b'{"choices": [{"message": {"content": "{\\"label\\": \\"true\\"} \\ud83d \x01"}}]}'
    assert completions.read(completions.parsed(raw)).text.startswith('{"label"')
    with pytest.raises(ValueError, match=r".*"):
        completions.parsed(b"[" * 100_000)
