"""What was said in a trace, in one of its spans, or in some turns of a session, read within bounds.

A session is read a page of turns at a time: as many as its page shows, and fewer where they are
large. What a turn repeats of those before it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core.paging import Cursor, Page
from teams.models import Project
from traces import transcript
from traces.figures.sessions import MOST_TURNS
from traces.models import AgentTrace, Session, Trace
from traces.models.querysets import TraceQuerySet
from traces.records import StoredSpan
from traces.search.traces import PAGES
from traces.store import bounded_reading
from traces.store.bounded_reading import TraceSize
from traces.transcript import ReadTurn, Transcript

#: Bytes of JSON that are read for one page of a session.
MOST_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Said:
    """A conversation. tools: the ids of the spans of tools."""

    transcript: Transcript
    tools: frozenset[str]


NOTHING: Final = Said(Transcript([]), frozenset())


@dataclass(frozen=True, slots=True)
class Turns:
    """Some traces of a session, oldest first, and what each adds to the conversation.

    before: how many turns come before these. count: of the whole session.
    """

    page: Page[Trace]
    before: int
    count: int
    said: Said

    @property
    def numbered(self) -> list[tuple[int, Trace]]:
        """The traces with their number in the session, from 1."""
        return list(enumerate(self.page.rows[::-1], self.before + 1))


def of_trace(project: Project, trace_id: UUID) -> Said:
    """Read what was said in one trace."""
    spans = bounded_reading.spans_of_trace(project.pk, trace_id)
    return Said(transcript.of_trace(spans), _tools(spans))


def of_span(span: StoredSpan) -> Said:
    """Return what one span says."""
    return Said(transcript.of_span(span), _tools([span]))


def turns_of(project: Project, session: Session) -> TraceQuerySet:
    """Return the traces of a session, without their big columns."""
    runs = AgentTrace.objects.of_project(project.pk).of_session_keys([session.key])
    return Trace.objects.of_project(project.pk).among(runs.values("trace_id")).narrow()


def of_session(
    project: Project,
    session: Session,
    older: Cursor | None = None,
    newer: Cursor | None = None,
    size: int = MOST_TURNS,
) -> Turns:
    """Read a page of the turns of a session; the newest ones without a cursor."""
    traces = turns_of(project, session)
    page, sizes = _readable(PAGES.page(traces, older, newer, size), newer)
    before = traces.filter(PAGES.older_than(page.rows[-1])).count() if page.older else 0
    said = _said(project, [sizes[trace.trace_id] for trace in page.rows[::-1]], before)
    return Turns(page, before, traces.count(), said)


def _readable(page: Page[Trace], newer: Cursor | None) -> tuple[Page[Trace], dict[UUID, TraceSize]]:
    """Return as many turns of a page as may be read at once, and their sizes: those that stand
    nearest to where the page begins, the newest unless it goes on from `newer`."""
    rows = page.rows
    sizes = bounded_reading.sizes(rows[0].project_id, [r.trace_id for r in rows]) if rows else {}
    spans = size = kept = 0
    for trace in reversed(rows) if newer else rows:
        spans += sizes[trace.trace_id].spans
        size += sizes[trace.trace_id].bytes
        if kept and (spans > transcript.MAX_SPANS or size > MOST_BYTES):
            break
        kept += 1
    begin, end = (len(rows) - kept, len(rows)) if newer else (0, kept)
    return PAGES.shortened(page, begin, end), sizes


def _said(project: Project, sizes: list[TraceSize], before: int) -> Said:
    """Return what these turns add. `before` turns stand before them, unread; spans are read and
    let go some turns at a time."""
    tools: set[str] = set()

    def read() -> Iterator[ReadTurn]:
        number = before
        for batch in bounded_reading.in_batches(project.pk, sizes):
            for spans in batch.values():
                number += 1
                tools.update(_tools(spans))
                yield ReadTurn(number, spans, is_after_gap=number == before + 1 and before > 0)

    return Said(transcript.of_long_session(read()), frozenset(tools))


def _tools(spans: list[StoredSpan]) -> frozenset[str]:
    return frozenset(span.span_id for span in spans if span.kind == "tool")
