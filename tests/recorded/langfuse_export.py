"""Langfuse exports (trace and observations) turned back into the OTLP that they came from.

An observation's metadata keeps the attributes, resource and scope as they were sent, all
values as text; Langfuse moved a span's input and output to fields of their own, and some
of them out of the attributes. What is still there is left alone; what is gone is put back
under the key of its convention where that is evident, else under Langfuse's own key.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.recorded.expectations import ExpectedSpan, RecordedRequest, hex_id, key_values

Observation = dict[str, Any]

_COUNT = re.compile(r"(?:token_count|usage)\.|\.usage\.|[tT]okens$")
_TOKEN_KEYS = (
    ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
    ("llm.token_count.prompt", "llm.token_count.completion"),
    ("ai.usage.inputTokens", "ai.usage.outputTokens"),
    ("ai.usage.promptTokens", "ai.usage.completionTokens"),
)
_MODEL_KEYS = (
    "gen_ai.response.model", "ai.response.model", "llm.response.model_name",
    "gen_ai.request.model", "llm.model_name", "ai.model.id", "model_name",
)  # fmt: skip
_SESSION_KEYS = ("session.id", "langfuse.session.id", "gen_ai.conversation.id")
_KIND_KEYS = (
    "openinference.span.kind", "gen_ai.operation.name", "ai.operationId", "gen_ai.tool.name"
)  # fmt: skip
_TYPES = {
    "GENERATION": "llm", "TOOL": "tool", "AGENT": "agent", "CHAIN": "chain",
    "RETRIEVER": "retriever", "EMBEDDING": "embedding", "EVALUATOR": "evaluator",
    "GUARDRAIL": "guardrail", "SPAN": "other", "EVENT": "other",
}  # fmt: skip
_OPERATIONS = {
    "chat": "llm", "text_completion": "llm", "generate_content": "llm", "call_llm": "llm",
    "execute_tool": "tool", "invoke_agent": "agent", "embeddings": "embedding",
}  # fmt: skip


def recorded_request(path: Path) -> RecordedRequest:
    export = json.loads(path.read_text())
    trace, observations = export["trace"], export["observations"]
    session = _session(trace, observations)
    spans = [_span(item, trace) for item in observations]
    return RecordedRequest(
        name=f"{path.parent.name}/{path.name.removesuffix('.json').removesuffix('.trace')}",
        request={"resourceSpans": spans},
        spans=[_expected(item, session) for item in observations],
    )


def _span(item: Observation, trace: dict[str, Any]) -> dict[str, Any]:
    """One ResourceSpans for each observation: Langfuse tells resource and scope per span."""
    held = _metadata(item)
    scope = held.get("scope") or {}
    parent = item.get("parentObservationId")
    span = {
        "traceId": hex_id(item["traceId"], 32),
        "spanId": hex_id(item["id"], 16),
        "parentSpanId": hex_id(parent, 16) if parent else "",
        "name": item["name"] or "",
        "kind": 1,
        "startTimeUnixNano": str(_nanoseconds(item["startTime"])),
        "endTimeUnixNano": str(_nanoseconds(item["endTime"])),
        "attributes": key_values(_attributes(item, held, trace)),
        "status": {"code": 2, "message": item.get("statusMessage") or ""}
        if item["level"] == "ERROR"
        else {},
    }
    return {
        "resource": {"attributes": key_values(held.get("resourceAttributes") or {})},
        "scopeSpans": [
            {
                "scope": {"name": scope.get("name") or "", "version": scope.get("version") or ""},
                "spans": [span],
            }
        ],
    }


def _attributes(item: Observation, held: dict[str, Any], trace: dict[str, Any]) -> dict[str, Any]:
    found = {key: _typed(key, value) for key, value in (held.get("attributes") or {}).items()}
    own = frozenset(found)
    for direction in ("input", "output"):
        if item.get(direction) is not None and not _holds(found, item[direction]):
            found.setdefault(_key_of(item, own, direction), item[direction])
    if not own & set(_KIND_KEYS) and (item["type"] != "SPAN" or _is_native(held)):
        found["langfuse.observation.type"] = item["type"].lower()
    if item.get("model") and not own & set(_MODEL_KEYS):
        found["langfuse.observation.model.name"] = item["model"]
    if item.get("usageDetails") and not own & {key for keys in _TOKEN_KEYS for key in keys}:
        found["langfuse.observation.usage_details"] = json.dumps(item["usageDetails"])
    if not item.get("parentObservationId"):
        found |= _of_trace(trace, own)
    for key, value in held.items():
        if key not in {"attributes", "resourceAttributes", "scope"}:
            text = value if isinstance(value, str) else json.dumps(value)
            found[f"langfuse.observation.metadata.{key}"] = text
    return found


def _is_native(held: dict[str, Any]) -> bool:
    """Whether Langfuse's own SDK made the span: only then did its sender choose the type."""
    return (held.get("scope") or {}).get("name") == "langfuse-sdk"


def _of_trace(trace: dict[str, Any], own: frozenset[str]) -> dict[str, Any]:
    found = {}
    if trace.get("sessionId") and "session.id" not in own:
        found["session.id"] = trace["sessionId"]
    if trace.get("userId") and "user.id" not in own:
        found["user.id"] = trace["userId"]
    if trace.get("tags"):
        found["langfuse.trace.tags"] = trace["tags"]
    return found


def _key_of(item: Observation, own: frozenset[str], direction: str) -> str:
    """Where this text came from: Langfuse takes exactly these keys out of Vercel's spans."""
    operation = _metadata(item).get("attributes", {}).get("ai.operationId", "")
    if operation == "ai.toolCall":
        return "ai.toolCall.args" if direction == "input" else "ai.toolCall.result"
    if operation and direction == "input":
        is_call = operation.endswith((".doGenerate", ".doStream"))
        return "ai.prompt.messages" if is_call else "ai.prompt"
    if operation:
        is_calls = isinstance(item["output"], str) and "toolCallId" in item["output"][:20]
        return "ai.response.toolCalls" if is_calls else "ai.response.text"
    return f"langfuse.observation.{direction}"


def _holds(attributes: dict[str, Any], text: Any) -> bool:
    """Whether an attribute still holds this text, be it written with other white space.

    Logfire's `events` hold input and output together; Langfuse took them apart.
    """
    if {"events", "all_messages_events"} & attributes.keys():
        return True
    wanted = _same(text)
    return any(isinstance(value, str) and _same(value) == wanted for value in attributes.values())


def _same(value: Any) -> str:
    try:
        return json.dumps(json.loads(value) if isinstance(value, str) else value, sort_keys=True)
    except ValueError:
        return str(value)


def _typed(key: str, value: Any) -> Any:
    is_count = isinstance(value, str) and value.isdigit() and _COUNT.search(key)
    return int(value) if is_count else value


def _expected(item: Observation, session: str | None) -> ExpectedSpan:
    attributes = _metadata(item).get("attributes") or {}
    tokens = _tokens(item, attributes)
    parent = item.get("parentObservationId")
    return ExpectedSpan(
        trace_id=hex_id(item["traceId"], 32),
        span_id=hex_id(item["id"], 16),
        parent_span_id=hex_id(parent, 16) if parent else None,
        name=item["name"] or "",
        start_ns=_nanoseconds(item["startTime"]),
        end_ns=_nanoseconds(item["endTime"]),
        kinds=_kinds(item, attributes),
        model=_model(item, attributes),
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        session_id=session,
        is_error=item["level"] == "ERROR",
        input=item.get("input"),
        output=item.get("output"),
    )


def _kinds(item: Observation, attributes: dict[str, Any]) -> frozenset[str]:
    named = attributes.get("openinference.span.kind")
    if named:
        return frozenset({"other" if named == "UNKNOWN" else named.lower()})
    if attributes.get("gen_ai.operation.name"):
        return frozenset({_OPERATIONS[attributes["gen_ai.operation.name"]]})
    operation = attributes.get("ai.operationId")
    if operation == "ai.toolCall":
        return frozenset({"tool"})
    if operation:
        is_call = operation.endswith((".doGenerate", ".doStream"))
        return frozenset({"llm"} if is_call else {"chain", "agent"})
    if item["type"] == "SPAN" and attributes.get("agent_name"):
        return frozenset()  # Langfuse's default type for an agent's span that names no kind
    return frozenset({_TYPES[item["type"]]})


def _model(item: Observation, attributes: dict[str, Any]) -> str | None:
    own = next((attributes[key] for key in _MODEL_KEYS if attributes.get(key)), None)
    return own or item.get("model")


def _tokens(item: Observation, attributes: dict[str, Any]) -> tuple[int | None, int | None]:
    for asked, answered in _TOKEN_KEYS:
        if asked in attributes:
            return int(attributes[asked]), int(attributes[answered])
    usage = item.get("usageDetails") or {}
    return usage.get("input"), usage.get("output")


def _session(trace: dict[str, Any], observations: list[Observation]) -> str | None:
    if trace.get("sessionId"):
        return str(trace["sessionId"])
    held = [_metadata(item).get("attributes") or {} for item in observations]
    found = [each[key] for key in _SESSION_KEYS for each in held if each.get(key)]
    return found[0] if found else None


def _metadata(item: Observation) -> dict[str, Any]:
    held = item.get("metadata")
    held = json.loads(held) if isinstance(held, str) else held
    return held or {}


def _nanoseconds(when: str | None) -> int:
    """Integers all the way: a float would lose the last digits."""
    if not when:
        return 0
    moment = datetime.fromisoformat(when)
    return (int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond) * 1_000
