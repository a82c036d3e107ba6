"""What statuses and error bodies of many servers mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.retry_after import retry_after_s
from signals_app.judging.errors import Trouble, read

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

CASES = [
    (429, "", "Rate limit reached", Trouble.REST),
    (429, "insufficient_quota", "You exceeded your current quota", Trouble.BLOCKED),
    (429, "", "Rate limit reached. Add a payment method at /account/billing", Trouble.REST),
    (429, "", "You exceeded your current quota. Please retry in 22s.", Trouble.REST),
    (401, "invalid_api_key", "Incorrect API key provided", Trouble.BLOCKED),
    (402, "", "Insufficient credits", Trouble.BLOCKED),
    (403, "", "Project has no access", Trouble.BLOCKED),
    (404, "model_not_found", "The model `x` does not exist", Trouble.BLOCKED),
    (404, "", "model 'x' not found, try pulling it first", Trouble.BLOCKED),
    (400, "", "The model 'x' is not supported", Trouble.BLOCKED),
    (301, "", "", Trouble.BLOCKED),
    (400, "context_length_exceeded", "", Trouble.TOO_LONG),
    (400, "", "This model's maximum context length is 8192 tokens.", Trouble.TOO_LONG),
    (400, "", "prompt is too long: 210000 tokens > 200000 maximum", Trouble.TOO_LONG),
    (400, "", "the request exceeds the available context size", Trouble.TOO_LONG),
    (413, "", "Request Entity Too Large", Trouble.TOO_LONG),
    (400, "", "Unsupported parameter: response_format", Trouble.FORM),
    (400, "", "Invalid schema for response_format 'verdict'", Trouble.FORM),
    (400, "", "Either json_schema or grammar can be specified, but not both", Trouble.FORM),
    (400, "content_filter", "The response was filtered", Trouble.FILTERED),
    (400, "content_policy_violation", "", Trouble.FILTERED),
    (408, "", "", Trouble.LATER),
    (500, "", "", Trouble.LATER),
    (503, "", "loading model", Trouble.LATER),
    (529, "", "overloaded", Trouble.LATER),
    (400, "", "messages: at least one message is required", Trouble.BAD),
    (422, "", "field required", Trouble.BAD),
]


@pytest.mark.parametrize(("status", "code", "message", "trouble"), CASES)
def test_an_error_is_understood(status: int, code: str, message: str, trouble: Trouble) -> None:
    found = read(status, code, message, {}, "x", NOW)
    assert found.trouble is trouble
    assert message[:20] in found.words or trouble is Trouble.BLOCKED


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_the_wish_for_a_rest_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOW) == seconds
