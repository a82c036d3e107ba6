"""The words of settled traces: previews for lists, and the text that is searched."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from traces.ingest.resolving import Node
from traces.ingest.trace_rows import PREVIEW_CHARS, moment
from traces.messages import preview
from traces.settling import sql
from traces.settling.settled_trace import Settled
from traces.store.reading import unpack_with_logs

#: Of the input, and as many of the output.
SEARCHED_CHARS = 4096

Words = tuple[str, str]


def texts_of(project_id: int, done: list[Settled]) -> dict[UUID, dict[str, Any]]:
    """{"asked", "answered", "text"} of each trace, from the payloads of its telling spans."""
    words = _words(project_id, {one.claimed.trace_id: _tellers(one) for one in done})
    return {one.claimed.trace_id: _text(one, words) for one in done}


def _tellers(one: Settled) -> list[Node]:
    """The root or its stand-in, then the first and the last model call."""
    calls = sorted(
        (n for n in one.nodes if n.kind == "llm" and n is not one.teller),
        key=lambda node: node.start_us,
    )
    return [one.teller, *calls[:1], *calls[1:][-1:]]


def _text(one: Settled, words: dict[tuple[UUID, int], Words]) -> dict[str, Any]:
    said = [words.get((one.claimed.trace_id, node.span_id), ("", "")) for node in _tellers(one)]
    asked = next((asked for asked, _ in said if asked), "")
    answered = said[0][1] or next((answered for _, answered in reversed(said) if answered), "")
    return {
        "asked": asked[:PREVIEW_CHARS] or None,
        "answered": answered[:PREVIEW_CHARS] or None,
        "text": f"{one.teller.name}\n{asked}\n{answered}",
    }


def _words(project_id: int, tellers: dict[UUID, list[Node]]) -> dict[tuple[UUID, int], Words]:
    """What each telling span says. The model calls are read only where the root is silent."""
    found = _read(project_id, {trace_id: nodes[:1] for trace_id, nodes in tellers.items()})
    silent = {
        trace_id: nodes[1:]
        for trace_id, nodes in tellers.items()
        if not all(found.get((trace_id, nodes[0].span_id), ("", "")))
    }
    return found | _read(project_id, silent)


def _read(project_id: int, wanted: dict[UUID, list[Node]]) -> dict[tuple[UUID, int], Words]:
    rows = [_address(trace_id, node) for trace_id, nodes in wanted.items() for node in nodes]
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(sql.PAYLOADS, [orjson.dumps(rows).decode(), project_id])
        found = cursor.fetchall()
    words: dict[tuple[UUID, int], Words] = {}
    for trace_id, span_id, kind, payload, logs in found:
        content = unpack_with_logs(payload, logs)
        words[trace_id, span_id] = preview(
            content["attributes"], content["events"], kind, SEARCHED_CHARS
        )
    return words


def _address(trace_id: UUID, node: Node) -> dict[str, UUID | int | datetime]:
    return {"trace_id": trace_id, "span_id": node.span_id, "start_time": moment(node.start_us)}
