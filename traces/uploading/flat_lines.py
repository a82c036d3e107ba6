"""Flat span lines: one span a line, its attributes a plain object. Pure.

    {"trace_id", "span_id", "parent_span_id", "trace_state", "name", "kind": "SPAN_KIND_…",
     "start_time", "end_time": "2026-01-31T12:00:00.000000000Z",
     "status": {"code": "STATUS_CODE_…", "message"}, "resource": {"attributes"},
     "scope": {"name", "version"}, "attributes"}

Trace state is not kept, nor is any other key. A span without an end has not ended.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from core.time_range.unix_time import nanoseconds_of
from traces.otlp.cleaning import clean_name, clean_text
from traces.otlp.json_request import CODES, KINDS
from traces.otlp.json_values import as_enum, as_id, as_object, as_text, attributes
from traces.otlp.span_checks import BadSpan, check_ids
from traces.records import SpanRecord

TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
NO_PARENT: Final = bytes(8)


def is_flat(line: Any) -> bool:
    """Say whether a line's value looks like a flat span, right or wrong in its details."""
    return isinstance(line, dict) and "trace_id" in line and "span_id" in line


def record_of(line: dict[str, Any]) -> SpanRecord:
    """Return the span of a line. Raises BadSpan."""
    trace_id = as_id(line.get("trace_id"), "its trace id")
    span_id = as_id(line.get("span_id"), "its span id")
    parent = as_id(line.get("parent_span_id"), "its parent span id")
    parent = b"" if parent == NO_PARENT else parent
    check_ids(trace_id, span_id, parent)
    status = as_object(line.get("status"), "its status")
    scope = as_object(line.get("scope"), "its scope")
    resource = as_object(line.get("resource"), "its resource")
    kept, cut = attributes(line.get("attributes"), "its attributes")
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent or None,
        name=clean_name(as_text(line.get("name"), "its name")),
        otel_kind=as_enum(line.get("kind"), KINDS, "its kind"),
        start_ns=_nanoseconds(line.get("start_time"), "its start_time"),
        end_ns=_nanoseconds(line.get("end_time"), "its end_time"),
        status_code=as_enum(status.get("code"), CODES, "its status code"),
        status_message=clean_text(as_text(status.get("message"), "its status message")),
        attributes=kept,
        events=[],
        links=[],
        resource=attributes(resource.get("attributes"), "the attributes of its resource")[0],
        scope_name=clean_name(as_text(scope.get("name"), "the name of its scope")),
        scope_version=clean_name(as_text(scope.get("version"), "the version of its scope")),
        dropped_attributes=cut,
    )


def _nanoseconds(value: Any, what: str) -> int:
    """Read a time such as 2026-01-31T12:00:00.123456789Z; 0 when missing."""
    text = as_text(value, what)
    if not text:
        return 0
    match = TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        day, clock, fraction, zone = match.groups()
        whole = nanoseconds_of(datetime.fromisoformat(f"{day}T{clock}{zone}"))
    except ValueError:
        raise BadSpan(f"{what} is no time such as 2026-01-31T12:00:00.000000000Z") from None
    if whole < 0:
        raise BadSpan(f"{what} is before 1970")
    return whole + int((fraction or "0").ljust(9, "0"))
