"""What one span means: a SpanRecord -> the columns that lists, filters and sums need.

The attributes are walked once, and each known key is looked up in one table that says
which fields it may fill and how well. `keys` holds the map, `attribute_values`
the readers, `usage` the arithmetic of tokens.
"""

from __future__ import annotations

import re
from typing import Any

from traces.conventions import attribute_values as read
from traces.conventions.attribute_values import Reader
from traces.conventions.keys import (
    AGENT_HINTS,
    EMBEDDING_HINTS,
    FIELD_KEYS,
    LLM_HINTS,
    METADATA_PREFIXES,
    RERANKER_HINTS,
    RESOURCE_FIELDS,
    TOOL_HINTS,
)
from traces.conventions.machine_made import is_machine_made
from traces.conventions.usage import Best, cost_of, usage_of
from traces.otlp.cleaning import clean_int
from traces.records import Attributes, SpanFields, SpanRecord

Slot = tuple[str, int, Reader]  # field, rank (0 is best), how to read the value

MAX_METADATA = 50
MAX_METADATA_KEY = 200
MAX_METADATA_VALUE = 500

JUDGE_SERVICE = "signals-judge"

#: Google ADK repeats parallel tool calls in a span of this name: it is no call of its own.
_MERGED_TOOLS = "(merged tools)"

_READERS: dict[str, Reader] = {
    "model": read.model,
    "provider": read.provider,
    "kind": read.kind,
    "input_tokens": read.count,
    "output_tokens": read.count,
    "total_tokens": read.count,
    "cache_read_tokens": read.count,
    "cache_write_tokens": read.count,
    "reasoning_tokens": read.count,
    "usage_json": read.json_object,
    "input_details": read.counts,
    "output_details": read.counts,
    "tool_success": read.flag,
    "cost_usd": read.amount,
    "input_cost_usd": read.amount,
    "output_cost_usd": read.amount,
    "cost_json": read.json_object,
    "error_message": read.message,
    "tags": read.tags,
    "metadata_json": read.json_object,
    "judge": read.truth,
}

_VERCEL_KEYS = ("ai.operationId", "operation.name")
_HINTS = (
    ("agent", AGENT_HINTS),
    ("tool", TOOL_HINTS),
    ("embedding", EMBEDDING_HINTS),
    ("reranker", RERANKER_HINTS),
    ("llm", LLM_HINTS),
)


def _hint(kind: str) -> Reader:
    """Return a reader that says `kind` of any value that is there at all."""

    def reader(value: Any) -> str | None:
        if isinstance(value, str):
            return None if read.is_placeholder(value.strip()) else kind
        return kind if value else None

    return reader


def _slots() -> dict[str, tuple[Slot, ...]]:
    slots: dict[str, list[Slot]] = {}
    for field, keys in FIELD_KEYS.items():
        for rank, key in enumerate(keys):
            reader = _READERS.get(field, read.text)
            if field == "kind":
                slots.setdefault(key, []).append(("says_other", 0, read.says_other))
                reader = read.vercel_kind if key in _VERCEL_KEYS else reader
            slots.setdefault(key, []).append((field, rank, reader))
    for key in _VERCEL_KEYS:
        slots[key].append(("rollup", 0, read.vercel_rollup))
    for rank, (kind, keys) in enumerate(_HINTS):
        for key in keys:
            slots.setdefault(key, []).append(("hint", rank, _hint(kind)))
    return {key: tuple(of_key) for key, of_key in slots.items()}


_SLOTS = _slots()
_RESOURCE_SLOTS = {
    key: tuple(slot for slot in slots if slot[0] in RESOURCE_FIELDS)
    for key, slots in _SLOTS.items()
    if any(slot[0] in RESOURCE_FIELDS for slot in slots)
}

#: The first letters of a key tell which metadata prefix it can have, if any.
_HEAD = 12
_PREFIX_BY_HEAD = {prefix[:_HEAD]: prefix for prefix in METADATA_PREFIXES}
_METADATA_WITH_FIELD = tuple(
    (key, prefix) for key in _SLOTS for prefix in METADATA_PREFIXES if key.startswith(prefix)
)


def derive(record: SpanRecord) -> SpanFields:
    """Return the columns of one span. Never raises; a field that nothing speaks of stays None.

    Fields are those of this span alone: what only another span of the trace knows (session, user,
    agent) is the business of whoever holds the trace.
    """
    best: Best = {}
    prefixed = _read(record.attributes, best)
    resource = _read_resource(record.resource)
    kind = "chain" if _is_helper(record, best) else _kind(best)
    provider = _get(best, "provider")
    usage = usage_of(best, provider, kind)
    fields = SpanFields(
        kind=kind,
        agent_id=_get(best, "agent_id") or _get(resource, "agent_id"),
        agent_name=_agent_name(best, kind, record) or _get(resource, "agent_name"),
        session_id=_get(best, "session_id") or _get(resource, "session_id"),
        user_id=_get(best, "user_id") or _get(resource, "user_id"),
        model=_get(best, "model") or (_model_asked_for(record) if kind == "llm" else None),
        provider=provider,
        tool_name=_tool_name(best, kind, record),
        service=_get(resource, "service"),
        environment=_get(resource, "environment") or _get(best, "environment"),
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        reasoning_tokens=usage.reasoning,
        cost_usd=cost_of(best),
        tags=_get(best, "tags") or [],
        metadata=_metadata(record.attributes, best, prefixed),
        is_placeholder=_get(best, "span_type") == "pending_span",
        repeats_children="rollup" in best,
    )
    fields.is_judge = bool(
        "judge" in best or "judge" in resource or fields.service == JUDGE_SERVICE
    )
    _set_error(fields, best, record)
    return fields


def _model_asked_for(record: SpanRecord) -> str | None:
    """Return the model that a call asked for: OpenInference names it from the answer, which a
    failed call has not."""
    held = read.json_value(record.attributes.get("llm.invocation_parameters"))
    if not isinstance(held, dict):
        return None
    return read.model(held.get("model") or held.get("model_name"))


def _read(attributes: Attributes, best: Best) -> list[tuple[str, Any]]:
    """Fill `best` with the best value of each field; return what metadata prefixes name."""
    prefixed: list[tuple[str, Any]] = []
    for key, value in attributes.items():
        slots = _SLOTS.get(key)
        if slots is None:
            prefix = _PREFIX_BY_HEAD.get(key[:_HEAD])
            if prefix is not None and key.startswith(prefix):
                prefixed.append((key[len(prefix) :], value))
            continue
        for field, rank, reader in slots:
            seen = best.get(field)
            if seen is None or rank < seen[0]:
                read_value = reader(value)
                if read_value is not None:
                    best[field] = (rank, read_value)
    return prefixed


def _read_resource(resource: Attributes) -> Best:
    best: Best = {}
    for key, value in resource.items():
        for field, rank, reader in _RESOURCE_SLOTS.get(key, ()):
            seen = best.get(field)
            if (seen is None or rank < seen[0]) and (read_value := reader(value)) is not None:
                best[field] = (rank, read_value)
    return best


def _get(best: Best, field: str) -> Any:
    ranked = best.get(field)
    return ranked[1] if ranked is not None else None


def _is_helper(record: SpanRecord, best: Best) -> bool:
    """Say whether a span is of a private method of a model's class, which only prepares a call:
    LlamaIndex calls `OpenAI._prepare_chat_with_tools` a model call too."""
    return (
        "output_tokens" not in best
        and _HELPER.fullmatch(record.name) is not None
        and "llm.output_messages.0.message.role" not in record.attributes
        and str(_get(best, "kind")) == "llm"
    )


_HELPER = re.compile(r"[A-Z]\w{0,100}\._[a-z]\w{0,100}")


def _kind(best: Best) -> str:
    """Return the word of the best convention; without any word, what the other keys suggest.

    Where an SDK says that it does not know ("UNKNOWN"), a guess would know no more.
    """
    stated = _get(best, "kind")
    if stated == "tool" and _get(best, "tool_name") == _MERGED_TOOLS:
        return "chain"
    if stated is not None:
        return str(stated)
    if "says_other" in best:
        return "other"
    return str(_get(best, "hint") or "other")


def _agent_name(best: Best, kind: str, record: SpanRecord) -> str | None:
    name: str | None = _get(best, "agent_name")
    if name is None and kind == "agent":
        name = _entity_name(best)
    if name is None:
        name = _get(best, "late_agent_name")
    if name is None and (blob := _get(best, "metadata_json")):
        name = read.text(blob.get("lc_agent_name"))
    if name is None and record.parent_span_id is None:
        name = _get(best, "root_agent_name")
    return name


def _entity_name(best: Best) -> str | None:
    """Return what an agent's span is about; None where that is a key that was made for this run."""
    name: str | None = _get(best, "entity_name")
    return None if name is None or is_machine_made(name) else name


def _tool_name(best: Best, kind: str, record: SpanRecord) -> str | None:
    """Return the tool that was called; a tool span that does not name it bears it as its own
    name."""
    name: str | None = _get(best, "tool_name")
    if name is None and kind == "tool":
        name = _entity_name(best)
        name = name or read.text(record.name.removeprefix("execute_tool "))
    return name


def _set_error(fields: SpanFields, best: Best, record: SpanRecord) -> None:
    """Set the error that the status, the level, or an exception says, in this order.

    A recorded exception does not count where the status is explicitly OK: it was handled. But
    LangSmith's exporter sets OK on every run that it completes, and records what ended it.
    """
    exception = _exception(record.events) if record.events else None
    fields.is_error = (
        record.status_code == 2
        or "error_type" in best
        or str(_get(best, "langfuse_level")).upper() == "ERROR"
        or str(_get(best, "tool_status")).lower() == "error"
        or _get(best, "tool_success") is False
        or (exception is not None and (record.status_code != 1 or _is_langsmith(record)))
    )
    if not fields.is_error:
        return
    details = exception or {}
    fields.error_type = _get(best, "error_type") or read.text(details.get("exception.type"))
    fields.error_message = (
        read.message(record.status_message)
        or _get(best, "error_message")
        or read.message(details.get("exception.message"))
    )


def _is_langsmith(record: SpanRecord) -> bool:
    return any(key.startswith("langsmith.") for key in record.attributes)


def _exception(events: list[dict[str, Any]]) -> Attributes | None:
    """Return the attributes of the last exception: the one that ended the span."""
    for event in reversed(events):
        if event["name"] in ("exception", "gen_ai.client.operation.exception"):
            attributes: Attributes = event["attributes"]
            return attributes
    return None


def _metadata(
    attributes: Attributes, best: Best, prefixed: list[tuple[str, Any]]
) -> dict[str, Any]:
    """Return flat facts to filter by: short keys, short scalars, the first of equal keys wins."""
    metadata: dict[str, Any] = {}
    blob = _get(best, "metadata_json")
    if blob:
        _keep_short(metadata, blob.items())
    if prefixed:
        _keep_short(metadata, prefixed)
    for key, prefix in _METADATA_WITH_FIELD:
        if key in attributes:
            _keep_short(metadata, [(key[len(prefix) :], attributes[key])])
    return metadata


def _keep_short(metadata: dict[str, Any], items: Any) -> None:
    for key, value in items:
        if len(metadata) >= MAX_METADATA:
            return
        if not key or len(key) > MAX_METADATA_KEY or key in metadata:
            continue
        if isinstance(value, str):
            if value and len(value) <= MAX_METADATA_VALUE:
                metadata[key] = value
        elif isinstance(value, bool | float):
            metadata[key] = value
        elif isinstance(value, int):
            metadata[key] = clean_int(value)
