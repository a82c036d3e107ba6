"""One span on its way in: what was sent, what it means, and the row that it becomes. Pure.

Times are µs since the epoch here, as PostgreSQL keeps them; the payload keeps the
nanoseconds that were sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import orjson

from core.ids import short_id
from traces.ingest.naming import Said, said_by
from traces.ingest.resolving import Node
from traces.models import SpanFlag
from traces.records import SpanFields, SpanRecord

Number = TypeVar("Number", int, float)

DAY_US = 86_400_000_000
OLDEST_US = 400 * DAY_US
NEWEST_US = DAY_US

MAX_WORD = 500
MAX_ERROR = 4_000
MAX_AMOUNT = 1_000_000_000_000

#: A filterable attribute is a short scalar; a span keeps at most this many of them.
MAX_FILTERABLE = 64
MAX_FILTERABLE_TEXT = 128
MAX_FILTERABLE_KEY = 100

_INDEXED = re.compile(r"\.\d+(\.|$)")
_CONTENT = ("input.value", "output.value", "ai.prompt", "ai.response.text", "gen_ai.input.messages")

_filterable: dict[str, bool] = {}


@dataclass(slots=True)
class Incoming:
    """`node` is what its trace needs to know; `said` is what it says of its agent."""

    record: SpanRecord
    fields: SpanFields
    node: Node
    trace_id: UUID
    flags: int
    said: Said | None

    @property
    def key(self) -> tuple[UUID, int]:
        return self.trace_id, self.node.span_id

    @property
    def has_more_than(self) -> tuple[bool, int]:
        """To compare two sendings of one span: the ended one, then the fuller one, is kept."""
        return self.record.end_ns > 0, len(self.record.attributes)


def take(record: SpanRecord, fields: SpanFields, trace_id: UUID, now_us: int) -> Incoming:
    """Take in one record with its fields; bound its ids and mark a clock that cannot be right,
    whose times `clocks.mend` replaces when it sees the whole trace."""
    start, end, flags = _times(record, now_us)
    if record.dropped_attributes:
        flags |= SpanFlag.TRUNCATED
    if fields.is_judge:
        flags |= SpanFlag.JUDGE
    if fields.repeats_children:
        flags |= SpanFlag.REPEATS
    parent = record.parent_span_id
    node = Node(
        int.from_bytes(record.span_id, "big", signed=True),
        None if parent is None else int.from_bytes(parent, "big", signed=True),
        record.name,
        fields.kind,
        start,
        end,
        fields.is_error,
        fields.is_judge,
        fields.repeats_children,
        None,
        short_id(fields.session_id),
        short_id(fields.user_id),
        cut(fields.model),
        cut(fields.provider),
        cut(fields.service),
        cut(fields.environment),
        plausible(fields.input_tokens),
        plausible(fields.output_tokens),
        plausible(fields.cost_usd),
    )
    said = said_by(fields.agent_id, cut(fields.agent_name), fields.kind, record.name)
    return Incoming(record, fields, node, trace_id, flags, said)


def _times(record: SpanRecord, now_us: int) -> tuple[int, int | None, int]:
    """Return (start, end, flags), times in µs; the end is never before the start."""
    start, end = record.start_ns // 1000, record.end_ns // 1000
    is_sound = in_range(start, now_us)
    flags = 0 if is_sound else SpanFlag.CLOCK_SUSPECT
    if not record.end_ns:
        return start, None, flags
    if is_sound and end > now_us + NEWEST_US:
        return start, start, SpanFlag.CLOCK_SUSPECT
    return start, max(start, end), flags


def in_range(moment_us: int, now_us: int) -> bool:
    """Say whether spans of that time are stored: 400 days back, and a day ahead."""
    return now_us - OLDEST_US <= moment_us <= now_us + NEWEST_US


def plausible(amount: Number | None) -> Number | None:
    """Return tokens or USD; None for what no span can have used and no sum could hold."""
    return amount if amount is None or amount <= MAX_AMOUNT else None


def cut(text: str | None, limit: int = MAX_WORD) -> str | None:
    return text if text is None or len(text) <= limit else text[: limit - 1] + "…"


def filterable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the short scalars among a span's attributes; flattened messages are left out."""
    kept: dict[str, Any] = {}
    for key, value in attributes.items():
        kind = value.__class__
        if kind is str:
            if len(value) > MAX_FILTERABLE_TEXT:
                continue
        elif kind is not int and kind is not bool and kind is not float:
            continue
        keep = _filterable.get(key)
        if keep is None:
            keep = _judge_key(key)
        if keep:
            kept[key] = value
            if len(kept) >= MAX_FILTERABLE:
                break
    return kept


def _judge_key(key: str) -> bool:
    keep = (
        len(key) <= MAX_FILTERABLE_KEY and not key.startswith(_CONTENT) and not _INDEXED.search(key)
    )
    if len(_filterable) > 10_000:
        _filterable.clear()
    _filterable[key] = keep
    return keep


#: The columns of `span` in the order of `row`, with the types of their binary form.
#: A uuid is its 16 bytes, a timestamptz an int8 of µs since 2000, a jsonb a 1 and its text.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("project_id", "int8"),
    ("trace_id", "bytea"),
    ("span_id", "int8"),
    ("parent_span_id", "int8"),
    ("start_time", "int8"),
    ("end_time", "int8"),
    ("received_at", "int8"),
    ("name", "text"),
    ("kind", "text"),
    ("is_error", "bool"),
    ("flags", "int2"),
    ("agent_id", "int8"),
    ("session_id", "text"),
    ("user_id", "text"),
    ("model", "text"),
    ("provider", "text"),
    ("tool_name", "text"),
    ("service", "text"),
    ("environment", "text"),
    ("input_tokens", "int8"),
    ("output_tokens", "int8"),
    ("cache_read_tokens", "int8"),
    ("cache_write_tokens", "int8"),
    ("reasoning_tokens", "int8"),
    ("cost_usd", "float8"),
    ("error_message", "text"),
    ("attributes", "bytea"),
    ("payload", "bytea"),
)

#: 2000-01-01, where PostgreSQL counts from.
EPOCH_2000_US = 946_684_800_000_000


def row(span: Incoming, project_id: int, now_us: int, payload: bytes) -> tuple[Any, ...]:
    """Return the values of COLUMNS. `payload` is the packed record."""
    node, fields, record = span.node, span.fields, span.record
    return (
        project_id,
        record.trace_id,
        node.span_id,
        node.parent,
        node.start_us - EPOCH_2000_US,
        None if node.end_us is None else node.end_us - EPOCH_2000_US,
        now_us - EPOCH_2000_US,
        node.name,
        node.kind,
        node.is_error,
        span.flags,
        node.agent,
        node.session,
        node.user,
        node.model,
        node.provider,
        cut(fields.tool_name),
        node.service,
        node.environment,
        node.input_tokens,
        node.output_tokens,
        fields.cache_read_tokens,
        fields.cache_write_tokens,
        fields.reasoning_tokens,
        node.cost_usd,
        cut(fields.error_message, MAX_ERROR),
        b"\x01" + orjson.dumps(filterable(record.attributes)),
        payload,
    )
