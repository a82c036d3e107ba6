"""From stored spans to a readable conversation, shared by the pages and the judge."""

from __future__ import annotations

from traces.transcript.entries import Entry, Transcript, Turn
from traces.transcript.reading import (
    MAX_SPANS,
    ReadTurn,
    of_long_session,
    of_session,
    of_span,
    of_trace,
)
from traces.transcript.span_selection import MAX_PARTS

__all__ = [
    "MAX_PARTS",
    "MAX_SPANS",
    "Entry",
    "ReadTurn",
    "Transcript",
    "Turn",
    "of_long_session",
    "of_session",
    "of_span",
    "of_trace",
]
