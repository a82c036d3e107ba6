"""Spans as flat lines, one span a line: what HALO and others read as canonical span lines.

The keys of a line are fixed, so that events and links, which have no place in it, are left out.
Beside what was sent, the attributes have what Signals understood of a span under the keys of
HALO's own exporter, unless the sender used them: tokens only where they are not those of the spans
below, which would count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from core.ids import span_id_hex
from teams.models import Project
from traces.exporting.otlp_lines import status_code
from traces.exporting.stored import Stored
from traces.ingest.resolving import PAID_KINDS

KINDS: Final = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
CODES: Final = ("UNSET", "OK", "ERROR")
SCHEMA_VERSION: Final = 1


def written(spans: Sequence[Stored], project: Project) -> bytes:
    """Return the lines of these spans."""
    return b"".join(orjson.dumps(_line(span, project)) + b"\n" for span in spans)


def _line(span: Stored, project: Project) -> dict[str, Any]:
    payload = span.payload
    start_ns, end_ns = span.times_ns
    return {
        "trace_id": span.trace_id.hex,
        "span_id": span_id_hex(span.span_id),
        "parent_span_id": "" if span.parent is None else span_id_hex(span.parent),
        "trace_state": "",
        "name": span.name,
        "kind": f"SPAN_KIND_{KINDS[payload['otel_kind']]}",
        "start_time": time_of(start_ns),
        # A span that has not ended has no length: the key must be there, and be a time.
        "end_time": time_of(end_ns or start_ns),
        "status": {
            "code": f"STATUS_CODE_{CODES[status_code(span)]}",
            "message": payload["status_message"],
        },
        "resource": {"attributes": payload["resource"]},
        "scope": payload["scope"],
        "attributes": payload["attributes"] | _understood(span, project, payload["attributes"]),
    }


def time_of(ns: int) -> str:
    """Return nanoseconds since the epoch as text, always of one length: they are compared as it."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _understood(span: Stored, project: Project, sent: dict[str, Any]) -> dict[str, Any]:
    """Return what Signals makes of a span, under the keys of HALO, less those that were sent."""
    is_other = span.kind == "other"
    facts = {
        "inference.export.schema_version": SCHEMA_VERSION,
        "inference.project_id": project.slug,
        "inference.observation_kind": "SPAN" if is_other else span.kind.upper(),
        "openinference.span.kind": None if is_other else span.kind.upper(),
        "inference.llm.provider": span.provider,
        "inference.llm.model_name": span.model,
        "inference.user_id": span.user,
        "inference.session_id": span.session,
        "inference.agent_name": span.agent_name,
        "inference.agent_id": span.agent_identity,
        **(_used(span) if span.kind in PAID_KINDS and not span.repeats else {}),
    }
    return {key: value for key, value in facts.items() if value is not None and key not in sent}


def _used(span: Stored) -> dict[str, Any]:
    return {
        "inference.llm.input_tokens": span.input_tokens,
        "inference.llm.output_tokens": span.output_tokens,
        "inference.llm.cached_input_tokens": span.cached_tokens,
        "inference.llm.reasoning_output_tokens": span.reasoning_tokens,
        "inference.llm.cost.total": span.cost_usd,
    }
