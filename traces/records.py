"""The plain values that travel through `traces`: what a decoder yields, what a
reading rule derives, what a page or the judge reads. No database, no clock.

Times are integer nanoseconds since the Unix epoch, as on the wire: a float
would lose the last digits of today's timestamps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Attributes = dict[str, Any]

#: The kinds of span that pages, filters and scopes know.
KINDS = (
    "agent",
    "llm",
    "tool",
    "chain",
    "retriever",
    "embedding",
    "reranker",
    "guardrail",
    "evaluator",
    "prompt",
    "other",
)


@dataclass(slots=True)
class SpanRecord:
    """One span as it was sent: decoded, cleaned for PostgreSQL, not yet understood.

    `attributes`, `resource` and the attributes of events and links are JSON
    values only (str, int, float, bool, None, list, dict). Strings hold no NUL
    and no lone surrogate, floats are finite, integers fit in 64 bits signed.
    """

    trace_id: bytes  # 16 bytes, never all zero
    span_id: bytes  # 8 bytes, never all zero
    parent_span_id: bytes | None  # 8 bytes
    name: str
    otel_kind: int  # 0-5, SpanKind of the OpenTelemetry protocol
    start_ns: int  # as sent; 0 when missing
    end_ns: int  # as sent; 0 when missing (the span has not ended)
    status_code: int  # 0 unset, 1 ok, 2 error
    status_message: str
    attributes: Attributes
    events: list[dict[str, Any]]  # {"name": str, "time_ns": int, "attributes": {...}}
    links: list[dict[str, Any]]  # {"trace_id": hex, "span_id": hex, "attributes": {...}}
    resource: Attributes  # shared between the spans of one ResourceSpans: do not change
    scope_name: str
    scope_version: str
    dropped_attributes: int = 0


@dataclass(slots=True)
class Decoded:
    """The outcome of decoding one export request."""

    spans: list[SpanRecord]
    rejected: int = 0  # spans that were refused alone
    reasons: list[str] = field(default_factory=list)  # at most ten sentences for the sender


@dataclass(slots=True)
class LogRecord:
    """One GenAI event that was sent as a log record: what a span says, sent beside it.

    `attributes` and `body` are JSON values only, bounded as those of a SpanRecord.
    """

    trace_id: bytes  # 16 bytes, never all zero
    span_id: bytes  # 8 bytes, never all zero
    name: str
    time_ns: int  # as sent, else when it was observed; 0 when neither is there
    attributes: Attributes
    body: Any


@dataclass(slots=True)
class DecodedLogs:
    """The outcome of decoding one export request of logs."""

    records: list[LogRecord]
    rejected: int = 0  # records that are not kept
    reasons: list[str] = field(default_factory=list)  # at most eleven sentences for the sender


@dataclass(slots=True)
class SpanFields:
    """What the conventions make of one span: the columns that lists and filters need.

    None means "the span does not say", never zero.
    """

    kind: str = "other"  # one of KINDS
    agent_id: str | None = None  # a stable id the sender chose
    agent_name: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    model: str | None = None
    provider: str | None = None
    tool_name: str | None = None
    service: str | None = None  # resource service.name
    environment: str | None = None
    input_tokens: int | None = None  # cache reads and writes included
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    is_error: bool = False
    error_type: str | None = None
    error_message: str | None = None
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)  # flat: key -> short scalar
    is_placeholder: bool = False  # Logfire's pending_span and its like: not a span to keep
    is_judge: bool = False  # produced by our own judge: never judged
    repeats_children: bool = False  # its tokens are those of its children: leave out of sums


@dataclass(slots=True, frozen=True)
class Part:
    """One piece of a message.

    type: "text", "reasoning", "tool_call", "tool_result", "media", "data" or "raw".
    `text` is the words (text, reasoning), the arguments as JSON text (tool_call),
    the result as text (tool_result), or a placeholder such as
    "[image/png, 123 kB]" (media). "data" is structured output as JSON text, "raw" the
    state or spelling of objects that a framework handed on: nobody's words.
    """

    type: str
    text: str
    name: str | None = None  # of the tool
    id: str | None = None  # of the tool call


@dataclass(slots=True, frozen=True)
class Message:
    role: str  # "system", "user", "assistant" or "tool"
    parts: tuple[Part, ...]
    name: str | None = None
    finish_reason: str | None = None


@dataclass(slots=True, frozen=True)
class Content:
    """What one span says: messages in, messages out.

    `source` names the convention that it was read from ("openinference",
    "gen_ai", "ai", "input.value", …), "" when the span carries no text at all.
    `structured` is true when roles were given by the sender and not guessed from
    a plain value such as `input.value`.
    """

    input: tuple[Message, ...] = ()
    output: tuple[Message, ...] = ()
    source: str = ""
    structured: bool = False


@dataclass(slots=True)
class StoredSpan:
    """One span read back: narrow columns beside the truth in `payload`.

    payload: {"attributes": {...}, "events": [...], "links": [...],
    "resource": {...}, "scope": {"name", "version"}, "status_message": str, …}
    with events and links shaped as in SpanRecord.
    """

    trace_id: str  # 32 hex digits
    span_id: str  # 16 hex digits
    parent_span_id: str | None
    name: str
    kind: str
    start_ns: int
    end_ns: int
    is_error: bool
    agent_name: str | None
    payload: dict[str, Any]
    is_unread: bool = False  # larger than may be read: without its payload
