"""One score as it was sent: read and bounded, or refused with a sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from core.ids import short_id, span_id_from_hex, trace_id_from_hex

MAX_ID = 200
MAX_COMMENT = 4_000

_BINARY = {"true": "true", "1": "true", "1.0": "true", "false": "false", "0": "false"}
_BINARY["0.0"] = "false"


class BadScore(ValueError):
    """One score cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Score:
    """`trace_id` (and `span_id`) or `session_id`: what it is about."""

    id: str
    name: str
    value: str
    comment: str
    at: datetime | None
    trace_id: UUID | None
    span_id: int
    session_id: str | None

    @property
    def scope(self) -> str:
        if self.trace_id is None:
            return "session"
        return "span" if self.span_id else "trace"


def read(body: Any) -> Score:
    """Read a score in Langfuse's JSON. Raises BadScore."""
    if not isinstance(body, dict):
        raise BadScore("A score is an object with name, value and traceId or sessionId.")
    trace_id, session_id = _trace(body.get("traceId")), short_id(_text(body, "sessionId"))
    if trace_id is None and session_id is None:
        raise BadScore("A score needs a traceId or a sessionId: say what it is about.")
    return Score(
        id=_id(body),
        name=_text(body, "name"),
        value=_value(body.get("value")),
        comment=_comment(_text(body, "comment")),
        at=_moment(body.get("timestamp")),
        trace_id=trace_id,
        span_id=_span(body.get("observationId")) if trace_id else 0,
        session_id=session_id,
    )


def label_of(value: str, labels: Iterable[str]) -> str:
    """Return the label of a signal that a score's value means. Raises BadScore."""
    names = list(labels)
    if value in names:
        return value
    if set(names) == {"true", "false"}:
        if label := _BINARY.get(value.strip().lower()):
            return label
        raise BadScore(f"The value {value[:60]!r} is none of true, false, 1 and 0.")
    alike = [name for name in names if name.casefold() == value.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    known = ", ".join(names)
    raise BadScore(f"The value {value[:60]!r} is no label of this signal. It knows: {known}.")


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadScore(f"The {key} of a score is a text.")
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _id(body: dict[str, Any]) -> str:
    given = _text(body, "id")
    if len(given) > MAX_ID:
        raise BadScore(f"The id of a score has at most {MAX_ID} characters.")
    return given or str(uuid4())


def _comment(text: str) -> str:
    return text if len(text) <= MAX_COMMENT else text[: MAX_COMMENT - 1] + "…"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value:
        return _text({"value": value}, "value")
    if isinstance(value, int | float):
        return str(value)
    raise BadScore("The value of a score is a text or a number.")


def _trace(value: Any) -> UUID | None:
    if value is None or value == "":
        return None
    try:
        return trace_id_from_hex(str(value))
    except ValueError:
        raise BadScore("The traceId is not one of OpenTelemetry: 32 hex digits.") from None


def _span(value: Any) -> int:
    if value is None or value == "":
        return 0
    try:
        return span_id_from_hex(str(value))
    except ValueError:
        raise BadScore("The observationId is not one of OpenTelemetry: 16 hex digits.") from None


def _moment(value: Any) -> datetime | None:
    """Read a time; None for one that is missing or cannot be read: then the moment of receipt
    counts."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
