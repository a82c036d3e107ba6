"""The words of settled traces: previews for lists, and the text that is searched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.ids import span_id_hex
from core.time_range.unix_time import moment_of
from traces.ingest.resolving import Node
from traces.ingest.trace_rows import PREVIEW_CHARS
from traces.messages.decoding.loose_values import clean
from traces.records import StoredSpan
from traces.settling import sql
from traces.settling.rows import as_json
from traces.settling.settled_trace import Settled
from traces.store.reading import fetch, unpack_with_logs
from traces.transcript.summary import Words, words_of, words_of_root

#: Of the input, and as many of the output.
SEARCHED_CHARS = 4096

#: Spans of one trace that are read for its words: those nearest to the root, and the model
#: calls from both ends.
MAX_READ: Final = 60
#: Kinds that say nothing of their own.
_SILENT = frozenset({"tool", "retriever", "embedding", "reranker", "guardrail", "evaluator"})


def texts_of(project_id: int, done: list[Settled]) -> dict[UUID, dict[str, Any]]:
    """Return {"asked", "answered", "text"} of each settled trace, from what its spans hold."""
    words = _words(project_id, done)
    return {
        settled.claimed.trace_id: _text(settled, words[settled.claimed.trace_id])
        for settled in done
    }


def _text(settled: Settled, words: Words) -> dict[str, Any]:
    asked, answered = (clean(text[:SEARCHED_CHARS]) for text in words)
    return {
        "asked": asked[:PREVIEW_CHARS] or None,
        "answered": answered[:PREVIEW_CHARS] or None,
        "text": f"{settled.main_span.name}\n{asked}\n{answered}",
    }


def _words(project_id: int, done: list[Settled]) -> dict[UUID, Words]:
    """Return what each trace asks and answers, reading as little as tells it.

    1. The main span of each trace is read; most of them hold the request and its answer.
    2. Where it is silent, or holds what is no words, the spans that may speak are read.
    """
    roots = _read(project_id, {settled.claimed.trace_id: [settled.main_span] for settled in done})
    words_by_trace: dict[UUID, Words] = {}
    more: dict[UUID, list[Node]] = {}
    for settled in done:
        trace_id = settled.claimed.trace_id
        words = next(map(words_of_root, roots[trace_id]), None)
        if words is None:
            more[trace_id] = _candidates(settled)
        else:
            words_by_trace[trace_id] = words
    read = {trace_id for trace_id, nodes in more.items() if len(nodes) == len(roots[trace_id])}
    spans = roots | _read(project_id, {key: more[key] for key in more.keys() - read})
    return words_by_trace | {trace_id: words_of(spans[trace_id]) for trace_id in more}


def _candidates(settled: Settled) -> list[Node]:
    """Return the spans of a trace that may speak, at most `MAX_READ`."""
    depth = _depths(settled.nodes)
    calls = sorted((n for n in settled.nodes if n.kind == "llm"), key=_start)
    others = [n for n in settled.nodes if n.kind not in _SILENT and n.kind != "llm"]
    others.sort(key=lambda node: (depth[node.span_id], node.start_us))
    half = MAX_READ // 4
    kept = calls if len(calls) <= 2 * half else calls[:half] + calls[-half:]
    return _with_kept_parents(kept + others[: MAX_READ - len(kept)], settled.nodes, depth)


def _with_kept_parents(kept: list[Node], nodes: list[Node], depth: dict[int, int]) -> list[Node]:
    """Return the kept spans, each below the nearest one around it that is kept too.

    An agent that a tool runs does not become the trace's own because the tool is left out.
    """
    known = {node.span_id for node in kept}
    around: dict[int | None, int | None] = {}
    for node in sorted(nodes, key=lambda node: depth[node.span_id]):
        above = node.parent
        around[node.span_id] = above if above in known else around.get(above)
    return [replace(node, parent=around[node.span_id]) for node in kept]


def _depths(nodes: list[Node]) -> dict[int, int]:
    """Return how far below a root each span is; 0 where that cannot be told."""
    below: dict[int | None, list[int]] = defaultdict(list)
    known = {node.span_id for node in nodes}
    for node in nodes:
        below[node.parent if node.parent in known else None].append(node.span_id)
    depths = dict.fromkeys(known, 0)
    level, depth = below.pop(None, []), 0
    while level:
        depths |= dict.fromkeys(level, depth)
        level = [child for span_id in level for child in below.pop(span_id, [])]
        depth += 1
    return depths


def _start(node: Node) -> int:
    return node.start_us


def _read(project_id: int, wanted: dict[UUID, list[Node]]) -> dict[UUID, list[StoredSpan]]:
    """Return these spans with what they hold, by trace."""
    spans: dict[UUID, list[StoredSpan]] = defaultdict(list)
    nodes = {(trace_id, node.span_id): node for trace_id, held in wanted.items() for node in held}
    if not nodes:
        return spans
    addresses = [_address(trace_id, node) for (trace_id, _), node in nodes.items()]
    rows = fetch(sql.PAYLOADS, [as_json(addresses), project_id])
    for trace_id, span_id, kind, payload, logs in rows:
        held = unpack_with_logs(payload, logs)
        spans[trace_id].append(_stored(trace_id, nodes[trace_id, span_id], kind, held))
    return spans


def _stored(trace_id: UUID, node: Node, kind: str, payload: dict[str, Any]) -> StoredSpan:
    return StoredSpan(
        trace_id=trace_id.hex,
        span_id=span_id_hex(node.span_id),
        parent_span_id=None if node.parent is None else span_id_hex(node.parent),
        name=node.name,
        kind=kind,
        start_ns=node.start_us * 1000,
        end_ns=(node.start_us if node.end_us is None else node.end_us) * 1000,
        is_error=node.is_error,
        agent_name=None,
        payload=payload,
    )


def _address(trace_id: UUID, node: Node) -> dict[str, UUID | int | datetime]:
    return {"trace_id": trace_id, "span_id": node.span_id, "start_time": moment_of(node.start_us)}
