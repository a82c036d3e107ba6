"""From stored spans to a readable conversation, shared by the pages and the judge."""

from __future__ import annotations

from traces.transcript.entries import Entry, Transcript, Turn
from traces.transcript.reading import MAX_SPANS, of_session, of_span, of_trace
from traces.transcript.speakers import MAX_PARTS

__all__ = [
    "MAX_PARTS",
    "MAX_SPANS",
    "Entry",
    "Transcript",
    "Turn",
    "of_session",
    "of_span",
    "of_trace",
]
