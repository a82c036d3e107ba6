"""Which traces and sessions somebody looks for, as plain values. Pure.

A page's form makes a query from its address, other doors from what they were sent; what is wrong
with a value is said by field either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from django.core.exceptions import ValidationError

from traces.models import Agent
from traces.records import KINDS

#: Columns with few values, exactly matched; facets count their values.
FACETS: Final = ("model", "provider", "service", "environment")
SPAN_STATES: Final = {"ok": "OK", "error": "Error"}
TRACE_STATES: Final = {"ok": "OK", "error": "Error", "open": "Still arriving"}
SESSION_STATES: Final = {"error": "Failed turns", "open": "Still going"}
MOST_TEXT_CHARS: Final = 200
MOST_PAIRS, MOST_PAIR_CHARS = 5, 500
#: A number above these is a slip of the finger, and would leave the range of its column.
MOST_SECONDS, MOST_TOKENS, MOST_USD = 1e8, 10**15, 1e9
#: The limits on size, and what each may be at most.
LIMITS: Final[dict[str, float]] = {"s": MOST_SECONDS, "tokens": MOST_TOKENS, "usd": MOST_USD}


def metadata_pair(text: str) -> tuple[str, str]:
    """Split "key=value". Raises ValidationError for what is no pair, or too long for one."""
    if "\x00" in text:
        raise ValidationError("Null characters are not allowed.")
    if len(text) > MOST_PAIR_CHARS:
        raise ValidationError(f"A pair has at most {MOST_PAIR_CHARS} characters.")
    key, equals, value = text.partition("=")
    if not key.strip() or not equals:
        raise ValidationError("Write key=value, such as plan=pro.")
    return key.strip(), value.strip()


def metadata_pairs(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return each "key=value" as a pair. Raises ValidationError for the field `metadata`."""
    try:
        return tuple(metadata_pair(text) for text in texts)
    except ValidationError as error:
        raise ValidationError({"metadata": error.messages}) from None


def fault_of(text: str) -> str:
    """Say what the database cannot hold of a text, "" for nothing."""
    if "\x00" in text:
        return "Null characters are not allowed."
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "Halves of surrogate pairs are not allowed."
    return ""


def errors_of_limits(unit: str, least: float | None, most: float | None) -> dict[str, list[str]]:
    """Say by field (`min_` and `max_` before the unit) what is wrong with limits on size.

    unit: a key of `LIMITS`. least, most: None is no limit.
    """
    wrong = {
        f"{end}_{unit}": [f"A number from 0 to {LIMITS[unit]:g}."]
        for end, limit in (("min", least), ("max", most))
        if limit is not None and not 0 <= limit <= LIMITS[unit]
    }
    if not wrong and least is not None and most is not None and least > most:
        wrong[f"max_{unit}"] = ["This is below the least that is asked for."]
    return wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What both lists can be asked for: rows that started at `start` or later and before `end`.

    text: words as a web search reads them. extra: the values of filters that extensions of the
    explorer add, by the name of their field (traces/extensions.py).
    Raises ValidationError with messages by field.
    """

    start: datetime
    end: datetime
    agent: Agent | None = None
    status: str = ""
    text: str = ""
    session_id: str = ""
    user_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    #: Fields with text, which the database must be able to hold.
    WORDS: ClassVar[tuple[str, ...]] = ("text", "session_id", "user_id")

    def __post_init__(self) -> None:
        if errors := self._errors():
            raise ValidationError(errors)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the stretch of time is asked for; zero is a limit, too."""
        return bool(self.narrowed_by)

    @property
    def narrowed_by(self) -> list[str]:
        """By which fields it asks for less than all of the stretch of time."""
        return [
            each.name
            for each in fields(self)
            if each.name not in ("start", "end")
            and getattr(self, each.name) not in (None, "", (), {})
        ]

    def _errors(self) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = {}
        if self.start >= self.end:
            errors["end"] = ["The end must come after the beginning."]
        if len(self.text) > MOST_TEXT_CHARS:
            errors["text"] = [f"At most {MOST_TEXT_CHARS} characters."]
        for name in self.WORDS:
            if fault := fault_of(getattr(self, name)):
                errors[name] = [fault]
        return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery(Query):
    """Which traces are looked for.

    model, provider, service, environment: exact values of these columns. kind: of one span at
    least. min_s, max_s: seconds from first start to last end. min_tokens, max_tokens: input and
    output together. min_usd, max_usd: cost. Limits are included; None is no limit.
    metadata: pairs of key and value, all of which a trace must hold.
    """

    model: str = ""
    provider: str = ""
    service: str = ""
    environment: str = ""
    kind: str = ""
    min_s: float | None = None
    max_s: float | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    min_usd: float | None = None
    max_usd: float | None = None
    metadata: tuple[tuple[str, str], ...] = ()

    WORDS: ClassVar[tuple[str, ...]] = (*Query.WORDS, *FACETS)

    @property
    def facets(self) -> dict[str, str]:
        """The values asked for of each facet, "" where any will do."""
        return {name: getattr(self, name) for name in FACETS}

    def _errors(self) -> dict[str, list[str]]:
        errors = Query._errors(self)
        if self.status and self.status not in TRACE_STATES:
            errors["status"] = [f"Choose one of {', '.join(TRACE_STATES)}."]
        if self.kind and self.kind not in KINDS:
            errors["kind"] = [f"Choose one of {', '.join(KINDS)}."]
        if len(self.metadata) > MOST_PAIRS:
            errors["metadata"] = [f"At most {MOST_PAIRS} pairs can be asked for."]
        return errors | _errors_of_all_limits(self)


def _errors_of_all_limits(query: TraceQuery | SpanQuery) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for unit in LIMITS:
        limits = getattr(query, f"min_{unit}"), getattr(query, f"max_{unit}")
        errors |= errors_of_limits(unit, *limits)
    return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanQuery(Query):
    """Which spans are looked for, by what they are themselves; fields as in `TraceQuery`.

    agent: whose span it is. session_id, user_id: of the trace that it stands in. text: a part of
    its name, in capitals or not. min_s, max_s: one that has not ended is not known to last so
    long. No extension adds to it: `extra` says nothing here.
    """

    trace_id: UUID | None = None
    kind: str = ""
    model: str = ""
    provider: str = ""
    service: str = ""
    environment: str = ""
    min_s: float | None = None
    max_s: float | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    min_usd: float | None = None
    max_usd: float | None = None

    WORDS: ClassVar[tuple[str, ...]] = (*Query.WORDS, *FACETS)

    def _errors(self) -> dict[str, list[str]]:
        errors = Query._errors(self)
        if self.status and self.status not in SPAN_STATES:
            errors["status"] = [f"Choose one of {', '.join(SPAN_STATES)}."]
        if self.kind and self.kind not in KINDS:
            errors["kind"] = [f"Choose one of {', '.join(KINDS)}."]
        return errors | _errors_of_all_limits(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuery(Query):
    """Which sessions are looked for; status and text are those of one turn at least."""

    def _errors(self) -> dict[str, list[str]]:
        errors = Query._errors(self)
        if self.status and self.status not in SESSION_STATES:
            errors["status"] = [f"Choose one of {', '.join(SESSION_STATES)}."]
        return errors
