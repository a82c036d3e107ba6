"""Tokens with the cache counted in once, and cost, from every convention."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.traces.otlp_requests import record
from traces.conventions import derive
from traces.conventions.keys import FIELD_KEYS


@pytest.mark.parametrize(
    ("column", "key"),
    [
        pytest.param(column, key, id=f"{key} is {column}")
        for column in ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
        for key in FIELD_KEYS[column]
    ]
    + [pytest.param("cache_write_tokens", key, id=key) for key in FIELD_KEYS["cache_write_tokens"]],
)
@pytest.mark.parametrize("sent", [7, 7.0, "7"])
def test_every_key_of_the_map_is_read(column: str, key: str, sent: Any):
    assert getattr(derive(record({key: sent})), column) == 7


@pytest.mark.parametrize("sent", [-1, 1.5, "many", "", None, True, [7], "NaN", 2**60, "1e999"])
def test_what_is_no_number_of_tokens_is_missing(sent: Any):
    attributes = {"gen_ai.usage.input_tokens": sent, "llm.token_count.prompt": 3}
    assert derive(record(attributes)).input_tokens == 3


def test_zero_is_a_number():
    fields = derive(record({"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}))
    assert (fields.input_tokens, fields.output_tokens) == (0, 0)


IN, OUT, TOTAL = "llm.token_count.prompt", "llm.token_count.completion", "llm.token_count.total"
FLAT_READ = "gen_ai.usage.cache_read_input_tokens"
FLAT_WRITE = "gen_ai.usage.cache_creation_input_tokens"
DOTTED_READ = "gen_ai.usage.cache_read.input_tokens"
REASONING = "llm.token_count.completion_details.reasoning"


@pytest.mark.parametrize(
    ("attributes", "tokens"),
    [
        pytest.param(
            {IN: 100, OUT: 10, TOTAL: 110, FLAT_READ: 40},
            (100, 10),
            id="a total without the cache says that the input holds it",
        ),
        pytest.param(
            {IN: 100, OUT: 10, TOTAL: 150, FLAT_READ: 40},
            (140, 10),
            id="a total with the cache says that the input lacks it",
        ),
        pytest.param(
            {IN: 100, OUT: 10, TOTAL: 155, FLAT_READ: 40, FLAT_WRITE: 5},
            (145, 10),
            id="reads and writes are both missing",
        ),
        pytest.param(
            {IN: 100, OUT: 10, TOTAL: 150, FLAT_READ: 40, FLAT_WRITE: 5},
            (140, 10),
            id="only the reads are missing",
        ),
        pytest.param(
            {IN: 100, OUT: 10, TOTAL: 130, REASONING: 20},
            (100, 30),
            id="a total with the reasoning says that the output lacks it",
        ),
        pytest.param(
            {IN: 100, OUT: 10, TOTAL: 110, REASONING: 6},
            (100, 10),
            id="reasoning within the output is not added",
        ),
        pytest.param(
            {IN: 10, OUT: 10, FLAT_READ: 40},
            (50, 10),
            id="a cache larger than the input cannot be in it",
        ),
        pytest.param(
            {IN: 100, OUT: 10, DOTTED_READ: 40, "gen_ai.provider.name": "anthropic"},
            (100, 10),
            id="the current convention counts the cache in, whoever the provider is",
        ),
        pytest.param(
            {IN: 100, OUT: 10, FLAT_READ: 40, "gen_ai.system": "anthropic"},
            (140, 10),
            id="the raw figures of Anthropic leave the cache out",
        ),
        pytest.param(
            {IN: 100, OUT: 10, FLAT_READ: 40, "gen_ai.system": "aws.bedrock"},
            (140, 10),
            id="so do those of Bedrock",
        ),
        pytest.param(
            {IN: 100, OUT: 10, FLAT_READ: 40, "gen_ai.system": "openai"},
            (100, 10),
            id="those of OpenAI do not",
        ),
        pytest.param({IN: 100, OUT: 10, FLAT_READ: 40}, (100, 10), id="nothing else is known"),
        pytest.param({IN: 100, TOTAL: 110}, (100, 10), id="the output is the rest of the total"),
        pytest.param({OUT: 10, TOTAL: 110}, (100, 10), id="the input is the rest of the total"),
        pytest.param({TOTAL: 110}, (None, None), id="a total alone cannot be split"),
        pytest.param(
            {"ai.operationId": "ai.embed.doEmbed", "ai.usage.tokens": 10},
            (10, None),
            id="an embedding has input only",
        ),
        pytest.param(
            {"gen_ai.usage.prompt_tokens": 9, "gen_ai.usage.input_tokens": 9},
            (9, None),
            id="both spellings at once are counted once",
        ),
    ],
)
def test_tokens_are_counted_once(attributes: dict[str, Any], tokens: tuple[int, int]):
    fields = derive(record(attributes))
    assert (fields.input_tokens, fields.output_tokens) == tokens


LANGFUSE = "langfuse.observation.usage_details"
DETAILS_IN, DETAILS_OUT = "gen_ai.usage.input_token_details", "gen_ai.usage.output_token_details"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(
            {LANGFUSE: {"input": 56, "output": 14, "total": 138, "input_cached_tokens": 64,
                        "output_reasoning_tokens": 4}},
            (120, 18, 64, 4),
            id="Langfuse: more cached than not, and reasoning beside",
        ),
        pytest.param(
            {LANGFUSE: {"input": 56, "output": 14, "input_cached_tokens": 64,
                        "output_reasoning_tokens": 4}},
            (120, 18, 64, 4),
            id="Langfuse without a total: its names are parts",
        ),
        pytest.param(
            {LANGFUSE: {"input": 120, "output": 18, "total": 138, "input_cached_tokens": 64,
                        "output_reasoning_tokens": 4}},
            (120, 18, 64, 4),
            id="Langfuse, where a total says that the parts are included",
        ),
        pytest.param(
            {IN: 120, OUT: 4, TOTAL: 144, REASONING: 20},
            (120, 24, None, 20),
            id="more reasoning than output cannot be in it",
        ),
        pytest.param(
            {IN: 120, OUT: 18, DETAILS_IN: "{'audio': 0, 'cache_creation': 0, 'cache_read': 64}",
             DETAILS_OUT: "{'reasoning': 4}"},
            (120, 18, 64, 4),
            id="LangSmith's details in Python's repr",
        ),
        pytest.param(
            {IN: 120, OUT: 18, DETAILS_IN: '{"cache_read": 64}', DETAILS_OUT: {"reasoning": 4}},
            (120, 18, 64, 4),
            id="LangSmith's details as JSON and as structure",
        ),
        pytest.param({IN: 1, OUT: 2, DETAILS_IN: "{'cache_read': [64]}"}, (1, 2, None, None),
                     id="details that are no counts"),
    ],
)  # fmt: skip
def test_parts_are_told_from_wholes(attributes: dict[str, Any], expected: tuple[int, ...]):
    fields = derive(record(attributes))
    found = (fields.input_tokens, fields.output_tokens, fields.cache_read_tokens)
    assert (*found, fields.reasoning_tokens) == expected


@pytest.mark.parametrize("prefix", ["gen_ai.cost.{}_cost", "litellm.cost.{}"])
def test_the_cost_that_litellm_states_is_the_cost(prefix: str):
    total, parts = prefix.format("total"), (prefix.format("input"), prefix.format("output"))
    assert derive(record({total: 2.4e-05, parts[0]: 1.0})).cost_usd == pytest.approx(2.4e-05)
    assert derive(record(dict.fromkeys(parts, 0.5))).cost_usd == 1.0


@pytest.mark.parametrize(
    ("key", "usage", "expected"),
    [
        pytest.param(
            "mlflow.chat.tokenUsage",
            {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
            (5, 2, None, None, None),
            id="MLflow",
        ),
        pytest.param(
            "langsmith.usage_metadata",
            {
                "input_tokens": 50,
                "output_tokens": 20,
                "total_tokens": 70,
                "input_token_details": {"cache_read": 30, "cache_creation": 1},
                "output_token_details": {"reasoning": 4},
            },
            (50, 20, 30, 1, 4),
            id="LangSmith",
        ),
        pytest.param(
            "langfuse.observation.usage_details",
            {"input": 20, "input_cached_tokens": 30, "output": 5, "total": 55},
            (50, 5, 30, None, None),
            id="Langfuse, whose parts add up",
        ),
        pytest.param(
            "langfuse.observation.usage_details",
            {
                "input": 190,
                "prompt_details.cache_read": 8,
                "output": 164,
                "completion_details.reasoning": 2,
                "total": 354,
            },
            (190, 164, 8, None, 2),
            id="Langfuse with the details of OpenInference",
        ),
        pytest.param(
            "langfuse.observation.usage_details",
            {"input": 60, "input_cached_tokens": 30, "output": 5},
            (90, 5, 30, None, None),
            id="Langfuse without a total",
        ),
        pytest.param(
            "langfuse.observation.usage_details",
            {"prompt_tokens": 60, "completion_tokens": 5, "total_tokens": 65},
            (60, 5, None, None, None),
            id="Langfuse with the names of OpenAI",
        ),
        pytest.param(
            "langfuse.observation.usage_details",
            {"input": "x", "output": -4},
            (None, None, None, None, None),
            id="nonsense",
        ),
    ],
)
def test_usage_in_json_is_read(key: str, usage: dict[str, Any], expected: tuple[Any, ...]):
    for sent in (json.dumps(usage), json.dumps(json.dumps(usage)), usage):
        fields = derive(record({key: sent}))
        assert (
            fields.input_tokens,
            fields.output_tokens,
            fields.cache_read_tokens,
            fields.cache_write_tokens,
            fields.reasoning_tokens,
        ) == expected


def test_plain_attributes_go_before_usage_in_json():
    usage = json.dumps({"input_tokens": 1, "output_tokens": 2})
    fields = derive(record({"langsmith.usage_metadata": usage, "gen_ai.usage.input_tokens": 9}))
    assert (fields.input_tokens, fields.output_tokens) == (9, 2)


@pytest.mark.parametrize(
    ("attributes", "cost"),
    [
        pytest.param({"llm.cost.total": 0.5}, 0.5, id="OpenInference's total"),
        pytest.param(
            {"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5}, 0.75, id="OpenInference's parts"
        ),
        pytest.param({"gen_ai.usage.cost": "0.5"}, 0.5, id="a cost in a string"),
        pytest.param({"gen_ai.usage.total_cost": 1}, 1.0, id="a total in whole dollars"),
        pytest.param(
            {"gen_ai.usage.input_cost": 0.25, "gen_ai.usage.output_cost": 0.5}, 0.75, id="two parts"
        ),
        pytest.param({"gen_ai.usage.input_cost": 0.25}, 0.25, id="one part"),
        pytest.param({"operation.cost": 0.5}, 0.5, id="pydantic-ai"),
        pytest.param(
            {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5}'},
            0.75,
            id="Langfuse's parts",
        ),
        pytest.param(
            {"langfuse.observation.cost_details": '{"input": 0.25, "total": 0.5}'},
            0.5,
            id="Langfuse's total",
        ),
        pytest.param({"mlflow.llm.cost": '{"total_cost": 0.5}'}, 0.5, id="MLflow"),
        pytest.param({"llm.cost.total": -1}, None, id="a negative cost"),
        pytest.param({"llm.cost.total": "NaN"}, None, id="a cost that is no number"),
        pytest.param({"llm.cost.total": 0}, 0.0, id="nothing is a cost too"),
        pytest.param({}, None, id="nothing is said"),
    ],
)
def test_the_cost_is_the_stated_total_or_the_sum_of_its_parts(
    attributes: dict[str, Any], cost: float | None
):
    assert derive(record(attributes)).cost_usd == cost
