"""The places where a span may carry its messages, in the order in which they are asked.

Where a sender fills in several, the first of `SOURCES` that holds anything is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from traces.messages.decoding.loose_values import Event, decode, is_blank
from traces.messages.dialects import genai, openinference, pydantic_ai, traceloop, vercel
from traces.records import Attributes

Read = Callable[[Attributes, list[Event]], Any]


class Source(NamedTuple):
    """One convention: where it keeps what went in and what came out, undigested."""

    name: str
    input: Read
    output: Read


def _keys(*names: str) -> Read:
    """Return a reader of the first of these attributes that holds something."""

    def read(attributes: Attributes, events: list[Event]) -> Any:
        for name in names:
            value = attributes.get(name)
            if value is not None and not is_blank(value):
                return value
        return None

    return read


def _langfuse_output(attributes: Attributes, events: list[Event]) -> Any:
    """Return the output; but not an error that the client writes there too, which is nobody's
    answer."""
    given = attributes.get("langfuse.observation.output")
    failed = attributes.get("langfuse.observation.level") == "ERROR"
    held = decode(given) if failed else None
    return None if isinstance(held, dict) and held.keys() == {"error"} else given


def _mastra(direction: str) -> Read:
    """Return a reader of `mastra.agent_run.input`, `mastra.model_generation.output`, by the type of
    the span."""

    def read(attributes: Attributes, events: list[Event]) -> Any:
        kind = attributes.get("mastra.span.type")
        return attributes.get(f"mastra.{kind}.{direction}") if isinstance(kind, str) else None

    return read


#: `input.value` and the bare names come last: every sender may use them.
SOURCES: tuple[Source, ...] = (
    Source(
        "langfuse",
        _keys("langfuse.observation.input"),
        _langfuse_output,
    ),
    Source("gen_ai", genai.read_input, genai.read_output),
    Source("gen_ai.details", genai.read_details_input, genai.read_details_output),
    Source("openinference", openinference.read_input, openinference.read_output),
    Source("ai", vercel.read_input, vercel.read_output),
    Source("gen_ai.events", genai.read_events_input, genai.read_events_output),
    Source("traceloop", traceloop.read_input, traceloop.read_output),
    Source("pydantic_ai", pydantic_ai.read_input, pydantic_ai.read_output),
    Source(
        "adk",
        _keys("gcp.vertex.agent.llm_request", "gcp.vertex.agent.data"),
        _keys("gcp.vertex.agent.llm_response"),
    ),
    Source("mastra", _mastra("input"), _mastra("output")),
    Source("mlflow", _keys("mlflow.spanInputs"), _keys("mlflow.spanOutputs")),
    Source(
        "traceloop.entity", _keys("traceloop.entity.input"), _keys("traceloop.entity.output")
    ),
    Source("input.value", _keys("input.value"), _keys("output.value")),
    Source(
        "plain",
        _keys(
            "input", "prompt", "genkit:input", "lk.chat_ctx", "lk.user_input", "lk.input_text",
            "lk.user_transcript",
        ),
        _keys("output", "genkit:output", "lk.response.text"),
    ),
    Source("langfuse.trace", _keys("langfuse.trace.input"), _keys("langfuse.trace.output")),
)  # fmt: skip
