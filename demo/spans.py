"""A turn as the spans that an instrumented agent would have sent. Pure.

Attribute names are OpenInference's, with `agent.id` as inference.net adds it. Durations
and token counts are made up (demo/data/SOURCES.md), everything that is said is real.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from typing import Any

from demo.conversations import ChatMessage, Conversation, ModelCall, Step, ToolRun, Turn
from traces.records import Attributes, SpanRecord

AGENT_ID = "airline-support"
AGENT_NAME = "Airline support"
MODEL = "gpt-4o"
RESOURCE: Attributes = {
    "service.name": "airline-support",
    "service.version": "demo",
    "deployment.environment.name": "demo",
}
SCOPE = "signals.demo"

INTERNAL, CLIENT = 1, 3  # SpanKind
UNSET, OK, ERROR = 0, 1, 2  # StatusCode
NS_PER_S = 1_000_000_000

CHARS_PER_TOKEN = 4
#: OpenAI's list price of gpt-4o for a million tokens.
USD_PER_MILLION_IN, USD_PER_MILLION_OUT = 2.50, 10.00


@dataclass(frozen=True, slots=True)
class Place:
    """Which turn of which replay: all ids and durations follow from it alone."""

    session_id: str
    turn: int

    @property
    def trace_id(self) -> bytes:
        return self._digest("trace")[:16]

    def span_id(self, number: int) -> bytes:
        return self._digest(f"span {number}")[:8]

    def chance(self) -> random.Random:
        return random.Random(f"{self.session_id}/{self.turn}")

    def _digest(self, word: str) -> bytes:
        return hashlib.sha256(f"{self.session_id}/{self.turn}/{word}".encode()).digest()


def durations_ns(place: Place, turn: Turn, longest_s: float) -> list[int]:
    """Return how long each step takes; all shrink alike if they exceed `longest_s` together."""
    chance = place.chance()
    seconds = [step_s(step, chance) for step in turn.steps]
    scale = min(1.0, longest_s / max(sum(seconds), 0.001))
    return [int(each * scale * NS_PER_S) for each in seconds]


def step_s(step: Step, chance: random.Random) -> float:
    if isinstance(step, ModelCall):
        return (0.45 + output_tokens(step) / 70) * chance.lognormvariate(0, 0.35)
    return chance.uniform(0.02, 0.35)


def records_of(
    conversation: Conversation, turn: Turn, place: Place, end_ns: int, longest_s: float = 600.0
) -> list[SpanRecord]:
    """Return the spans of a turn that ends at `end_ns` (Unix nanoseconds), the root first."""
    lengths = durations_ns(place, turn, longest_s)
    pause_ns = 2_000_000
    start_ns = end_ns - sum(lengths) - pause_ns * (len(lengths) + 1)
    spans = [root_span(conversation, turn, place, start_ns, end_ns)]
    at_ns = start_ns + pause_ns
    for number, (step, length) in enumerate(zip(turn.steps, lengths, strict=True), start=1):
        spans.append(step_span(step, place, number, at_ns, at_ns + length))
        at_ns += length + pause_ns
    return spans


def root_span(
    conversation: Conversation, turn: Turn, place: Place, start_ns: int, end_ns: int
) -> SpanRecord:
    """Return the agent's span around a turn, with the question and the answer."""
    attributes = {
        "openinference.span.kind": "AGENT",
        "agent.id": AGENT_ID,
        "agent.name": AGENT_NAME,
        "session.id": place.session_id,
        "user.id": conversation.user_id,
        "metadata": json.dumps(conversation.run_facts),
        "input.value": turn.question,
        "input.mime_type": "text/plain",
    }
    if turn.answer is not None:
        attributes |= {"output.value": turn.answer, "output.mime_type": "text/plain"}
    return record(place, 0, "support.run", INTERNAL, (start_ns, end_ns), attributes)


def step_span(step: Step, place: Place, number: int, start_ns: int, end_ns: int) -> SpanRecord:
    """Return the span of the model call or tool call that is step `number` of a turn."""
    times = (start_ns, end_ns)
    if isinstance(step, ModelCall):
        name, attributes = f"chat {MODEL}", model_attributes(step)
        return record(place, number, name, CLIENT, times, attributes)
    span = record(place, number, step.name, INTERNAL, times, tool_attributes(step))
    if step.failed:
        span.status_code, span.status_message = ERROR, step.result
    return span


def record(
    place: Place, number: int, name: str, kind: int, times: tuple[int, int], attributes: Attributes
) -> SpanRecord:
    return SpanRecord(
        trace_id=place.trace_id,
        span_id=place.span_id(number),
        parent_span_id=place.span_id(0) if number else None,
        name=name,
        otel_kind=kind,
        start_ns=times[0],
        end_ns=times[1],
        status_code=OK,
        status_message="",
        attributes=attributes,
        events=[],
        links=[],
        resource=RESOURCE,
        scope_name=SCOPE,
        scope_version="1",
    )


def model_attributes(call: ModelCall) -> Attributes:
    """Return what an instrumented model call says: model, tokens, cost and all messages."""
    tokens_in, tokens_out = input_tokens(call), output_tokens(call)
    cost_usd = (tokens_in * USD_PER_MILLION_IN + tokens_out * USD_PER_MILLION_OUT) / 1e6
    attributes: Attributes = {
        "openinference.span.kind": "LLM",
        "agent.id": AGENT_ID,
        "agent.name": AGENT_NAME,
        "llm.model_name": MODEL,
        "llm.provider": "openai",
        "llm.system": "openai",
        "llm.token_count.prompt": tokens_in,
        "llm.token_count.completion": tokens_out,
        "llm.token_count.total": tokens_in + tokens_out,
        "llm.cost.total": round(cost_usd, 6),
    }
    for number, message in enumerate(call.input):
        attributes |= message_attributes(f"llm.input_messages.{number}.message", message)
    return attributes | message_attributes("llm.output_messages.0.message", call.output)


def message_attributes(prefix: str, message: ChatMessage) -> Attributes:
    """Return one OpenAI chat message in OpenInference's flattened form."""
    attributes: Attributes = {f"{prefix}.role": message["role"]}
    if message.get("content") is not None:
        attributes[f"{prefix}.content"] = message["content"]
    if message["role"] == "tool":
        attributes[f"{prefix}.name"] = message["name"]
        attributes[f"{prefix}.tool_call_id"] = message["tool_call_id"]
    for number, call in enumerate(message.get("tool_calls") or ()):
        at = f"{prefix}.tool_calls.{number}.tool_call"
        attributes[f"{at}.id"] = call["id"]
        attributes[f"{at}.function.name"] = call["function"]["name"]
        attributes[f"{at}.function.arguments"] = call["function"]["arguments"]
    return attributes


def tool_attributes(run: ToolRun) -> Attributes:
    return {
        "openinference.span.kind": "TOOL",
        "agent.id": AGENT_ID,
        "agent.name": AGENT_NAME,
        "tool.name": run.name,
        "tool_call.id": run.call_id,
        "input.value": run.arguments,
        "input.mime_type": "application/json",
        "output.value": run.result,
        "output.mime_type": mime_type(run.result),
    }


def mime_type(text: str) -> str:
    return "application/json" if text[:1] in "{[" and text else "text/plain"


def input_tokens(call: ModelCall) -> int:
    return sum(estimated_tokens(message) for message in call.input)


def output_tokens(call: ModelCall) -> int:
    return estimated_tokens(call.output)


def estimated_tokens(message: ChatMessage) -> int:
    """Return a count of tokens at four characters each, since the recording has none."""
    return -(-len(text_of(message)) // CHARS_PER_TOKEN)


def text_of(message: ChatMessage) -> str:
    calls: list[dict[str, Any]] = message.get("tool_calls") or []
    named = [call["function"]["name"] + call["function"]["arguments"] for call in calls]
    return "".join([message.get("content") or "", *named])
