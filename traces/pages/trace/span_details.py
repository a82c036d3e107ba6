"""A span's stored payload as the page shows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.numbers import number_in
from core.time_range.unix_time import moment_of
from traces.pages.trace.conversation import Passage, compact, passage, pretty
from traces.records import StoredSpan
from traces.visible_text import visible

#: A shorter value stands beside its name; a longer one is folded under it.
INLINE_CHARS: Final = 160
MOST_ATTRIBUTES: Final = 400
#: At most as many digits as a number of messages has: `int` refuses very long ones.
DIGITS: Final = re.compile(r"([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    value: Passage
    is_inline: bool
    size: int  # characters


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    after_ms: float  # since the span began
    attributes: list[Attribute]


@dataclass(frozen=True, slots=True)
class Details:
    span: StoredSpan
    attributes: list[Attribute]
    more_attributes: int  # not listed
    events: list[Event]
    links: list[tuple[str, str]]  # trace id and span id
    resource: list[Attribute]
    scope: str
    status_message: str
    dropped: int  # attributes that the sender dropped
    raw: Passage

    @property
    def total_attributes(self) -> int:
        return len(self.attributes) + self.more_attributes

    @property
    def duration(self) -> timedelta | None:
        if not self.span.end_ns:
            return None
        return timedelta(microseconds=(self.span.end_ns - self.span.start_ns) / 1000)

    @property
    def error(self) -> str:
        """What went wrong in the sender's words: the status, else the first exception."""
        return self.status_message or next(
            (
                attribute.value.text
                for event in self.events
                for attribute in event.attributes
                if attribute.name == "exception.message"
            ),
            "",
        )

    @property
    def start(self) -> datetime:
        return moment_of(self.span.start_ns // 1000)

    @property
    def moved_from(self) -> datetime | None:
        """When the sender says that it began, where it stands at another time."""
        sent = sent_start(self.span)
        return None if sent is None or abs(sent - self.start) < timedelta(seconds=1) else sent


def sent_start(span: StoredSpan) -> datetime | None:
    """Return the start that was sent, whatever it is stored under; None when none was."""
    sent_ns = span.payload.get("start_ns")
    return moment_of(sent_ns // 1000) if sent_ns else None


def details(span: StoredSpan, whole: bool = False) -> Details:
    """Return everything that was sent; values beyond the view's limits only when `whole`."""
    payload = span.payload
    sent = payload.get("attributes") or {}
    scope = payload.get("scope") or {}
    return Details(
        span=span,
        attributes=attributes(sent, whole),
        more_attributes=0 if whole else max(0, len(sent) - MOST_ATTRIBUTES),
        events=[_event(span, event, whole) for event in payload.get("events") or []],
        links=[(link["trace_id"], link["span_id"]) for link in payload.get("links") or []],
        resource=attributes(payload.get("resource") or {}, whole),
        scope=visible(" ".join(filter(None, (scope.get("name"), scope.get("version"))))),
        status_message=visible(payload.get("status_message") or ""),
        dropped=payload.get("dropped_attributes", 0),
        raw=passage(pretty(payload), whole, is_code=True),
    )


def attributes(sent: Mapping[str, Any], whole: bool) -> list[Attribute]:
    """Sort by name, which keeps a convention's attributes together, and message 9 before 10."""
    names = sorted(sent, key=_natural)
    return [
        _attribute(name, sent[name], whole)
        for name in (names if whole else names[:MOST_ATTRIBUTES])
    ]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(number_in(part) or 0, part) for part in DIGITS.split(name)]


def _attribute(name: str, value: Any, whole: bool) -> Attribute:
    text = value if isinstance(value, str) else compact(value)
    is_inline = len(text) <= INLINE_CHARS and "\n" not in text
    looks_like_json = text[:1] in {"{", "["}
    shown = passage(text, whole, is_code=looks_like_json and not is_inline)
    return Attribute(visible(name), shown, is_inline, len(text))


def _event(span: StoredSpan, event: Mapping[str, Any], whole: bool) -> Event:
    after_ms = (event.get("time_ns", span.start_ns) - span.start_ns) / 1e6
    return Event(
        name=visible(event.get("name") or "event"),
        after_ms=after_ms,
        attributes=attributes(event.get("attributes") or {}, whole),
    )
