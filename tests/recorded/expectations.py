"""What a recorded file says about its spans, read without the code under test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True)
class ExpectedSpan:
    """One span as its file tells it. None: the file does not say."""

    trace_id: str  # 32 hex digits, as sent
    span_id: str  # 16 hex digits, as sent
    parent_span_id: str | None
    name: str
    start_ns: int
    end_ns: int
    kinds: frozenset[str]  # the kinds that are right; empty when the file names none
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    session_id: str | None  # of the whole trace
    is_error: bool
    input: Any = None  # as it stands in the file, not digested
    output: Any = None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One OTLP/JSON export request and what it must lead to."""

    name: str  # of the file, "framework-traces/agno-2025-06-11"
    request: dict[str, Any]  # {"resourceSpans": [...]}
    spans: list[ExpectedSpan] = field(default_factory=list)


def hex_id(text: str, digits: int) -> str:
    """The id itself when it is hex of the right length, otherwise always the same hash of it."""
    lowered = text.lower()
    if len(lowered) == digits and all(char in "0123456789abcdef" for char in lowered):
        return lowered
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def any_value(value: Any) -> dict[str, Any]:
    """A JSON value as an AnyValue of OTLP/JSON."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": key_values(value)}}
    return {} if value is None else {"stringValue": value}


def key_values(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]
