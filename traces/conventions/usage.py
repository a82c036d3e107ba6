"""Tokens and cost of one span, whatever the convention counts into what.

OpenTelemetry and OpenAI count cached tokens into the input, the raw figures of Anthropic
and Bedrock leave them out. We store them included. A total settles the question by
arithmetic; else the key says which convention it is; else the provider does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from traces.conventions.attribute_values import amount, count
from traces.conventions.keys import FIELD_KEYS

Best = dict[str, tuple[int, Any]]  # field -> (rank of the key that it was read from, value)

#: Keys whose convention counts cached tokens into the input.
_INCLUSIVE_KEYS = frozenset(
    {
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_write",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
    }
)

_ADDITIVE_PROVIDERS = ("anthropic", "bedrock")

#: Names within usage_details (Langfuse), tokenUsage (MLflow) and usage_metadata (LangSmith).
_JSON_NAMES: dict[str, tuple[str, ...]] = {
    "input_tokens": ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "input"),
    "output_tokens": (
        "output_tokens",
        "completion_tokens",
        "outputTokens",
        "completionTokens",
        "output",
    ),
    "total_tokens": ("total_tokens", "totalTokens", "total"),
    "cache_read_tokens": (
        "cache_read_input_tokens",
        "input_cached_tokens",
        "input_cache_read",
        "cache_read_tokens",
        "cached_tokens",
        "cache_read",
        "prompt_details.cache_read",
    ),
    "cache_write_tokens": (
        "cache_creation_input_tokens",
        "cache_write_input_tokens",
        "input_cache_creation",
        "input_cache_write",
        "cache_write_tokens",
        "cache_creation",
        "prompt_details.cache_write",
    ),
    "reasoning_tokens": (
        "reasoning_tokens",
        "output_reasoning_tokens",
        "output_reasoning",
        "reasoning",
        "completion_details.reasoning",
    ),
}
_JSON_DETAILS = (
    "input_token_details",
    "output_token_details",
    "prompt_tokens_details",
    "completion_tokens_details",
)
_TOKEN_FIELDS = tuple(_JSON_NAMES)


@dataclass(slots=True)
class Usage:
    """Tokens as SpanFields wants them: None where nothing was said."""

    input: int | None = None  # cache reads and writes included
    output: int | None = None  # reasoning included
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


def usage_of(best: Best, provider: str | None, kind: str) -> Usage:
    """Return the tokens of a span from what its attributes said."""
    tokens: dict[str, int] = {}
    for field in _TOKEN_FIELDS:
        if field in best:
            tokens[field] = best[field][1]
    for details in ("input_details", "output_details"):
        if details in best:
            _add_json(tokens, best[details][1])
    bare = False
    if "usage_json" in best:
        bare = _add_json(tokens, best["usage_json"][1])
    if not tokens:
        return Usage()
    usage = Usage(
        tokens.get("input_tokens"),
        tokens.get("output_tokens"),
        tokens.get("cache_read_tokens"),
        tokens.get("cache_write_tokens"),
        tokens.get("reasoning_tokens"),
    )
    total = tokens.get("total_tokens")
    _fill_from_total(usage, total, kind)
    _include_parts(usage, total, is_additive=bare or _is_additive(best, provider), is_bare=bare)
    return usage


def _add_json(tokens: dict[str, int], usage: dict[str, Any]) -> bool:
    """Fill what is missing from a JSON object; return True when its input excludes the cache.

    Langfuse's own names ("input", "input_cached_tokens") are parts that add up to the total.
    """
    flat = dict(usage)
    for name in _JSON_DETAILS:
        details = usage.get(name)
        if isinstance(details, dict):
            flat = {**details, **flat}
    bare = False
    for field, names in _JSON_NAMES.items():
        if field in tokens:
            continue
        for name in names:
            number = count(flat.get(name))
            if number is not None:
                tokens[field] = number
                bare = bare or name == "input"
                break
    return bare


def _fill_from_total(usage: Usage, total: int | None, kind: str) -> None:
    """Fill a side that was not sent with what the other leaves of the total."""
    if total is None:
        return
    if usage.input is None and usage.output is None:
        if kind in ("embedding", "reranker"):  # these have input only
            usage.input = total
    elif usage.input is None and usage.output is not None:
        usage.input = total - usage.output if total >= usage.output else None
    elif usage.output is None and usage.input is not None and kind != "embedding":
        usage.output = total - usage.input if total >= usage.input else None


def _include_parts(usage: Usage, total: int | None, is_additive: bool, is_bare: bool) -> None:
    """Make `input` hold the cached tokens, and `output` the reasoning, if they do not yet.

    The total decides between the sums that are possible: a part cannot be larger than its
    whole. Without a total, or where none fits it, the convention decides.
    """
    read, write = usage.cache_read or 0, usage.cache_write or 0
    cached, reasoning = read + write, usage.reasoning or 0
    stated_input, output = usage.input, usage.output
    may_add_cache = (
        [0, cached, read, write] if stated_input is None or cached <= stated_input else [cached]
    )
    may_add_reasoning = [0, reasoning] if output is None or reasoning <= output else [reasoning]
    fits = (
        (cache, thought)
        for cache in may_add_cache
        for thought in may_add_reasoning
        if stated_input is not None
        and output is not None
        and stated_input + cache + output + thought == total
    )
    usual_cache = cached if is_additive or 0 not in may_add_cache else 0
    usual_reasoning = reasoning if is_bare or 0 not in may_add_reasoning else 0
    cache, thought = next(fits, (usual_cache, usual_reasoning))
    usage.input = stated_input if stated_input is None else stated_input + cache
    usage.output = output if output is None else output + thought


def _is_additive(best: Best, provider: str | None) -> bool:
    for field in ("cache_read_tokens", "cache_write_tokens"):
        if field in best and FIELD_KEYS[field][best[field][0]] in _INCLUSIVE_KEYS:
            return False
    return provider is not None and any(name in provider for name in _ADDITIVE_PROVIDERS)


def cost_of(best: Best) -> float | None:
    """Return the cost in USD that the span states: its total, else the sum of its parts."""
    if "cost_usd" in best:
        return float(best["cost_usd"][1])
    parts = [best[field][1] for field in ("input_cost_usd", "output_cost_usd") if field in best]
    if parts:
        return float(sum(parts))
    return _json_cost(best["cost_json"][1]) if "cost_json" in best else None


def _json_cost(costs: dict[str, Any]) -> float | None:
    for name in ("total", "total_cost"):
        stated = amount(costs.get(name))
        if stated is not None:
            return stated
    parts = [part for value in costs.values() if (part := amount(value)) is not None]
    return sum(parts) if parts else None
