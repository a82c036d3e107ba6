"""What the spans of one trace in one batch say about their trace: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.time_range.unix_time import moment_of
from traces.ingest.incoming import Incoming
from traces.ingest.resolving import (
    Node,
    Sums,
    first_said,
    has_failed,
    outer_calls,
    root_of,
    stand_in_root,
    sums_of,
)
from traces.messages import preview

PREVIEW_CHARS = 300
MAX_TAGS = 30
MAX_METADATA = 50


@dataclass(slots=True, frozen=True)
class Waits:
    """After how many seconds of quiet a trace settles: with an ended root, and without."""

    quiet_s: float
    max_wait_s: float


def summary(
    trace_id: UUID, spans: Sequence[Incoming], now: datetime, waits: Waits
) -> dict[str, Any]:
    """Return the columns of the trace's row, as far as these spans know; JSON-ready for orjson."""
    nodes = [span.node for span in spans]
    root = root_of(nodes)
    teller = root or stand_in_root(nodes)
    assert teller is not None, "a batch has no trace without spans"
    sums = sums_of(nodes, outer_calls(nodes))
    root_ended = root is not None and root.end_us is not None
    judge_only = all(node.is_judge for node in nodes)
    wait = waits.quiet_s if root_ended else waits.max_wait_s
    asked, answered = _previews(spans, teller)
    return {
        "trace_id": trace_id,
        "start_time": moment_of(min(node.start_us for node in nodes)),
        "end_time": moment_of(max(node.end_us or node.start_us for node in nodes)),
        "now": now,
        "due_at": None if judge_only else now + timedelta(seconds=wait),
        "judge_only": judge_only,
        "root_span_id": root.span_id if root else None,
        "root_ended": root_ended,
        "name": teller.name,
        "name_rank": 0 if root else 1 if teller.kind == "agent" else 2,
        "is_error": has_failed(nodes, root),
        **sums_columns(sums),
        **said_columns(nodes, root),
        "session_from_root": bool(root and root.session),
        "tags": _tags(spans),
        "metadata": _metadata(spans, teller),
        "input_preview": asked,
        "output_preview": answered,
    }


def sums_columns(sums: Sums) -> dict[str, Any]:
    return {
        "error_count": sums.error_count,
        "span_count": sums.span_count,
        "llm_count": sums.llm_count,
        "tool_count": sums.tool_count,
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "cost_usd": sums.cost_usd,
    }


def said_columns(nodes: Sequence[Node], root: Node | None) -> dict[str, Any]:
    """Return what the root says, else the first span that says it; the model is that of a call."""
    calls = [node for node in nodes if node.kind == "llm"] or nodes
    first = min((node for node in nodes if node.agent), key=lambda n: n.start_us, default=None)
    return {
        "agent_id": root.agent if root and root.agent else first.agent if first else None,
        "session_id": first_said(nodes, root, "session"),
        "user_id": first_said(nodes, root, "user"),
        "model": first_said(calls, None, "model"),
        "provider": first_said(calls, None, "provider"),
        "service": first_said(nodes, root, "service"),
        "environment": first_said(nodes, root, "environment"),
    }


def _previews(spans: Sequence[Incoming], teller: Node) -> tuple[str | None, str | None]:
    """Return question and answer of the telling span; where it is silent, of the model calls."""
    asked = answered = ""
    for span in spans:
        if span.node is teller:
            asked, answered = preview_of(span)
    if asked and answered:
        return asked, answered
    calls = sorted(
        (span for span in spans if span.node.kind in ("llm", "agent") and span.node is not teller),
        key=lambda span: span.node.start_us,
    )
    if calls and not asked:
        asked = preview_of(calls[0])[0]
    if calls and not answered:
        answered = preview_of(calls[-1])[1]
    return asked or None, answered or None


def preview_of(span: Incoming) -> tuple[str, str]:
    return preview(span.record.attributes, span.record.events, span.node.kind, PREVIEW_CHARS)


def _tags(spans: Sequence[Incoming]) -> list[str]:
    tags: dict[str, None] = {}
    for span in spans:
        for tag in span.fields.tags:
            tags[tag] = None
    return list(tags)[:MAX_TAGS]


def _metadata(spans: Sequence[Incoming], teller: Node) -> dict[str, Any]:
    """Return flat facts of all spans; of equal keys the telling span's, else the first, wins."""
    facts: dict[str, Any] = {}
    for span in spans:
        if more := span.fields.metadata:
            facts = facts | more if span.node is teller else more | facts
    return dict(list(facts.items())[:MAX_METADATA])
