"""Which spans cannot be kept, and the sentences that tell the sender why.

A bad span is refused alone (`partialSuccess` of OTLP); the rest of its request lands.
"""

from __future__ import annotations

from traces.otlp.cleaning import clean_name
from traces.records import Decoded, DecodedLogs

MAX_REASONS = 10

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


class BadSpan(ValueError):
    """One span cannot be kept; the message says why."""


def check_ids(trace_id: bytes, span_id: bytes, parent_span_id: bytes) -> None:
    """Raise BadSpan unless the ids have the lengths of the specification and are not zero."""
    if len(trace_id) != 16 or trace_id == _NO_TRACE:
        raise BadSpan(f"its trace id {_fault(trace_id, 16)}")
    if len(span_id) != 8 or span_id == _NO_SPAN:
        raise BadSpan(f"its span id {_fault(span_id, 8)}")
    if parent_span_id and len(parent_span_id) != 8:
        raise BadSpan(f"its parent span id {_fault(parent_span_id, 8)}")


def _fault(given: bytes, wanted: int) -> str:
    if not given:
        return "is missing"
    if len(given) != wanted:
        return f"has {len(given)} bytes instead of {wanted}"
    return "is all zero"


def link_hex(trace_id: bytes, span_id: bytes) -> dict[str, str] | None:
    """Return the ids of a link as hex digits; None for a link that points nowhere."""
    if len(trace_id) != 16 or len(span_id) != 8:
        return None
    return {"trace_id": trace_id.hex(), "span_id": span_id.hex()}


def reject(decoded: Decoded, index: int, name: str, why: str) -> None:
    """Count one span as refused. `index` is its place in the request, from 0."""
    decoded.rejected += 1
    title = f' "{clean_name(name, 60)}"' if name else ""
    warn(decoded, f"span {index}{title}: {why}")


def warn(decoded: Decoded | DecodedLogs, sentence: str) -> None:
    """Tell the sender; only the first ten sentences are kept."""
    if len(decoded.reasons) < MAX_REASONS:
        decoded.reasons.append(sentence)
