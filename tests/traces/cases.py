"""What genuine clients sent (tests/data/client-cases, judge-cases), as spans of a transcript."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from tests.traces.otlp_requests import decode_json
from traces import conventions
from traces.records import SpanRecord, StoredSpan

DATA = Path(__file__).parent.parent / "data"


def records_of(path: str) -> list[SpanRecord]:
    """The spans of a body, as the receiver decodes them: "client-cases/B_…"."""
    return decode_json(json.loads((DATA / f"{path}.json").read_text())).spans


def traces_of(path: str) -> list[list[StoredSpan]]:
    """The spans of each trace of a body, as pages and judge read them back."""
    found: dict[bytes, list[StoredSpan]] = defaultdict(list)
    for record in records_of(path):
        found[record.trace_id].append(stored(record))
    return list(found.values())


def stored(record: SpanRecord) -> StoredSpan:
    """One record read back, with the kind and the agent that the conventions find in it."""
    fields = conventions.derive(record)
    return StoredSpan(
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        parent_span_id=record.parent_span_id.hex() if record.parent_span_id else None,
        name=record.name,
        kind=fields.kind,
        start_ns=record.start_ns,
        end_ns=record.end_ns,
        is_error=fields.is_error,
        agent_name=fields.agent_name or fields.agent_id,
        payload={
            "attributes": record.attributes,
            "events": record.events,
            "status_message": record.status_message,
        },
    )
