"""Export requests made beforehand: traces of one root and six children, about 3 kB a span."""

from __future__ import annotations

import gzip
import random
import time
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PER_TRACE = 7
TEXT = (
    "the agent looks up a booking and tells the customer what happens with a refund for the "
    "flight that they cancelled yesterday because weather insurance does not cover changes "
    "made within twenty four hours unless gold members ask their airline before departure "
    "please confirm reservation number payment method certificate passenger economy basic"
)
WORDS = TEXT.split()


@dataclass(slots=True, frozen=True)
class Target:
    """Where requests go; the key is that of a project."""

    host: str
    port: int
    key: str

    def request(self, body: bytes, packed: bool) -> bytes:
        encoding = "Content-Encoding: gzip\r\n" if packed else ""
        head = (
            f"POST /v1/traces HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/x-protobuf\r\n"
            f"{encoding}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def requests(target: Target, spans: int, per_request: int, packed: bool) -> list[bytes]:
    """Whole HTTP requests that hold `spans` spans together; no span is in two of them."""
    chance = random.Random()
    made = []
    left = spans
    while left > 0:
        count = min(per_request, left)
        body = export(chance, count)
        made.append(target.request(gzip.compress(body, 1) if packed else body, packed))
        left -= count
    return made


def export(chance: random.Random, spans: int) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _fill(group.resource.attributes, {"service.name": "support", "telemetry.sdk.name": "bench"})
    scope = group.scope_spans.add()
    scope.scope.name = "openinference.instrumentation.openai"
    for number in range(spans):
        if number % PER_TRACE == 0:
            trace_id, root = chance.randbytes(16), chance.randbytes(8)
            session = f"session-{chance.randrange(500)}"
            _root(scope.spans.add(trace_id=trace_id, span_id=root), chance, session)
        else:
            call = scope.spans.add(
                trace_id=trace_id, span_id=chance.randbytes(8), parent_span_id=root
            )
            _model_call(call, chance)
    encoded: bytes = request.SerializeToString()
    return encoded


def _root(span: Any, chance: random.Random, session: str) -> None:
    _time(span, 2_000_000_000)
    span.name = "support agent"
    _fill(
        span.attributes,
        {
            "openinference.span.kind": "AGENT",
            "agent.name": "support",
            "session.id": session,
            "user.id": f"user-{chance.randrange(1000)}",
            "input.value": _text(chance, 900),
            "output.value": _text(chance, 1200),
            "metadata": '{"tier": "gold", "region": "eu"}',
        },
    )


def _model_call(span: Any, chance: random.Random) -> None:
    _time(span, 500_000_000)
    span.name = "ChatCompletion"
    tokens = chance.randrange(400, 2000)
    attributes: dict[str, str | int] = {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o-2024-08-06",
        "llm.invocation_parameters": '{"temperature": 0.2, "max_tokens": 400}',
        "input.mime_type": "application/json",
        "output.mime_type": "application/json",
        "llm.token_count.prompt": tokens,
        "llm.token_count.completion": 91,
        "llm.token_count.total": tokens + 91,
        "gen_ai.operation.name": "chat",
    }
    for number, role in enumerate(("system", "user", "assistant", "user")):
        prefix = f"llm.input_messages.{number}.message"
        attributes[f"{prefix}.role"] = role
        attributes[f"{prefix}.content"] = _text(chance, 450)
    attributes["llm.output_messages.0.message.role"] = "assistant"
    attributes["llm.output_messages.0.message.content"] = _text(chance, 500)
    _fill(span.attributes, attributes)


def _time(span: Any, lasted_ns: int) -> None:
    now = time.time_ns() - 60_000_000_000
    span.kind, span.start_time_unix_nano, span.end_time_unix_nano = 1, now, now + lasted_ns
    span.status.code = 1


def _text(chance: random.Random, chars: int) -> str:
    return " ".join(chance.choices(WORDS, k=chars // 6))


def _fill(target: Any, attributes: dict[str, Any]) -> None:
    for key, value in attributes.items():
        pair = target.add(key=key)
        if isinstance(value, str):
            pair.value.string_value = value
        else:
            pair.value.int_value = value
