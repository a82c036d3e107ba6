"""What statuses and error bodies of many servers mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.http.retry_after import retry_after_s
from signals_app.judging.model_server.errors import Trouble, read

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
    (400, "", "Unsupported value: 'temperature' does not support 0", Trouble.TEMPERATURE),
    (422, "", "body.temperature: Input should be greater than 0", Trouble.TEMPERATURE),
    (400, "", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", Trouble.BOUND),
    (422, "", "body.max_completion_tokens: Extra inputs are not permitted", Trouble.BOUND),
    (400, "", "max_tokens is too large: 8192. At most 4096 completion tokens", Trouble.BOUND),
    # llama-cpp-python: what pydantic says of the request, as its answer's words
    (
        500,
        "",
        "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')",
        Trouble.FORM,
    ),
    (500, "", "failed to parse grammar", Trouble.FORM),
    (422, "", "body.response_format.type: Input should be 'text' or 'json_object'", Trouble.FORM),
    (404, "", "No endpoints found that can handle the requested parameters.", Trouble.FORM),
    (400, "", "response_format json_schema is not supported by model x", Trouble.FORM),
    # a wrong key or model said by another status than 401 and 404
    (400, "", "litellm.AuthenticationError: AuthenticationError: OpenAIException", Trouble.BLOCKED),
    (400, "", "Authentication Error, Invalid proxy server token passed", Trouble.BLOCKED),
    (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", Trouble.BLOCKED),
    (400, "", "Incorrect API key provided: sk-1", Trouble.BLOCKED),
    (400, "", "/chat/completions: Invalid model name passed in model=x.", Trouble.BLOCKED),
    (400, "", "litellm.BadRequestError: LLM Provider NOT provided. You passed x", Trouble.BLOCKED),
    (400, "", "x is not a valid model ID", Trouble.BLOCKED),
    (400, "", "Model Not Exist", Trouble.BLOCKED),
    (400, "1500", "Invalid model: x", Trouble.BLOCKED),
    (400, "", "The model `x` has been decommissioned and is no longer supported", Trouble.BLOCKED),
    (404, "DeploymentNotFound", "The API deployment for this resource does not", Trouble.BLOCKED),
    (404, "", "No endpoints found for x.", Trouble.BLOCKED),
    (403, "unsupported_country_region_territory", "Country not supported", Trouble.BLOCKED),
    (400, "", "User location is not supported for the API use.", Trouble.BLOCKED),
    (400, "", "Your credit balance is too low to access the Anthropic API.", Trouble.BLOCKED),
    (400, "billing_hard_limit_reached", "Billing hard limit has been reached", Trouble.BLOCKED),
    (429, "insufficient_quota", "", Trouble.BLOCKED),
    # too long, in other words
    (500, "", "Requested tokens (3000) exceed context window of 2048", Trouble.TOO_LONG),
    (400, "", "Prompt contains 40000 tokens, too large for model with 32768 max", Trouble.TOO_LONG),
    (413, "", "Request too large for model `x` on tokens per minute", Trouble.TOO_LONG),
    (429, "", "Request too large for x: Limit 30000, Requested 35000.", Trouble.TOO_LONG),
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
    assert message[:20] in found.words


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
