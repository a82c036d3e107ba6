"""How long a span takes from the bytes of a request to its columns, in microseconds.

    python -m benchmarks.decode [--spans 500]

Prints the best of several rounds for realistic OpenInference spans of about 3 kB with 22
attributes: inflating, decoding (protobuf and JSON), reading the conventions. No database.
"""

from __future__ import annotations

import argparse
import gzip
import random
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.internal import api_implementation
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from traces import otlp
from traces.conventions import derive

ROUNDS = 15
LIMIT = 1 << 28
SENTENCE = (
    "the agent looks up a booking and tells the customer what happens with a refund "
    "for the flight that they cancelled yesterday"
)


def request(spans: int, seed: int = 1) -> Any:
    """Return an export of model-call spans as OpenInference writes them."""
    chance = random.Random(seed)
    export = ExportTraceServiceRequest()
    group = export.resource_spans.add()
    resource = {"service.name": "support", "deployment.environment": "prod"}
    _fill(group.resource.attributes, resource | {"telemetry.sdk.language": "python"})
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = "openinference.instrumentation.openai", "0.1"
    for number in range(spans):
        span = scope.spans.add(
            trace_id=chance.randbytes(16),
            span_id=chance.randbytes(8),
            parent_span_id=chance.randbytes(8),
            name="ChatCompletion",
            kind=3,
            start_time_unix_nano=1_751_473_879_414_106_000 + number,
            end_time_unix_nano=1_751_473_879_514_106_000 + number,
        )
        span.status.code = 1
        _fill(span.attributes, _model_call(chance, number))
    return export


def _model_call(chance: random.Random, number: int) -> dict[str, str | int]:
    words_known = SENTENCE.split()

    def text(words: int) -> str:
        return " ".join(chance.choice(words_known) for _ in range(words))

    return {
        "openinference.span.kind": "LLM",
        "llm.system": "openai",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o-2024-08-06",
        "session.id": f"session-{number // 7}",
        "user.id": "user-17",
        "agent.name": "support",
        "input.value": text(110),
        "input.mime_type": "application/json",
        "output.value": text(60),
        "output.mime_type": "application/json",
        "llm.invocation_parameters": '{"temperature": 0.2, "max_tokens": 400}',
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": text(80),
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": text(60),
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": text(60),
        "llm.token_count.prompt": 812 + number,
        "llm.token_count.completion": 91,
        "llm.token_count.total": 903 + number,
        "metadata": '{"tier": "gold", "attempt": 2}',
    }


def _fill(target: Any, attributes: dict[str, Any]) -> None:
    for key, value in attributes.items():
        pair = target.add(key=key)
        if isinstance(value, str):
            pair.value.string_value = value
        else:
            pair.value.int_value = value


def measure(name: str, spans: int, work: Callable[[], object]) -> None:
    """Print the best of ROUNDS runs of `work`, divided by the spans that it handled."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{name:<28}{best / spans * 1e6:7.1f} µs a span")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=500, help="spans in one request")
    spans = parser.parse_args().spans
    export = request(spans)
    protobuf, json = export.SerializeToString(), MessageToJson(export, indent=None).encode()
    packed = gzip.compress(protobuf)
    records = otlp.decode(protobuf, otlp.PROTOBUF).spans
    print(f"protobuf runtime {api_implementation.Type()}, {len(protobuf) / spans:.0f} B a span")
    measure("inflate", spans, lambda: otlp.inflate(packed, "gzip", LIMIT))
    measure("decode protobuf", spans, lambda: otlp.decode(protobuf, otlp.PROTOBUF))
    measure("decode JSON", spans, lambda: otlp.decode(json, otlp.JSON))
    measure("derive", spans, lambda: [derive(record) for record in records])
    measure(
        "decode protobuf and derive",
        spans,
        lambda: [derive(record) for record in otlp.decode(protobuf, otlp.PROTOBUF).spans],
    )


if __name__ == "__main__":
    main()
