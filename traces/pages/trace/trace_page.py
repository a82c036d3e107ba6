"""What the page of one trace, or of one session, is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from core.ids import session_key
from core.paging import Cursor, Page
from core.time_range.unix_time import nanoseconds_of
from teams.models import Project
from traces import conversations, extensions, span_tree
from traces.models import Agent, AgentTrace, Session, Span, SpanFlag, Trace
from traces.pages.trace import span_details
from traces.pages.trace.conversation import Drawn, draw
from traces.pages.trace.timeline import Bar, Tick, layout
from traces.store import reading
from traces.store.outline import outline

#: Rows of one page of the tree.
TREE_ROWS = 500
#: Deeper spans stand at this indentation: a tree a thousand deep would leave the page.
MOST_INDENT = 12


@dataclass(frozen=True, slots=True)
class Branch:
    """One row of the span tree."""

    node: span_tree.Node
    indent: int
    is_selected: bool
    marks: list[extensions.Mark]

    @property
    def duration(self) -> timedelta | None:
        span = self.node.span
        return timedelta(microseconds=(span.end_ns - span.start_ns) / 1000) if span.end_ns else None


@dataclass(frozen=True, slots=True)
class Part:
    """The branches from `first` to `last`, counted from 1, of `total`."""

    branches: list[Branch]
    number: int
    first: int
    last: int
    total: int
    selected: Span | None  # also where it stands in another part
    moved: list[Span]  # of the whole trace: those whose time is not the one that was sent

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.first > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.last < self.total else None


def tree_part(
    trace: Trace,
    marks: Sequence[extensions.Mark],
    selected: str,
    number: int | None,
) -> Part:
    """Part `number` of the tree, else the one in which the selected span stands.

    Payloads are not read: a trace may have ten thousand spans.
    """
    stored = outline(trace)
    rows, nodes = stored.rows, stored.nodes
    if number is None:
        place = next((i for i, n in enumerate(nodes) if n.span.span_id == selected), 0)
        number = place // TREE_ROWS + 1
    first = (number - 1) * TREE_ROWS
    of_span: dict[str, list[extensions.Mark]] = {}
    for mark in marks:
        of_span.setdefault(mark.span_id, []).append(mark)
    branches = [
        Branch(
            node=node,
            indent=min(node.depth, MOST_INDENT),
            is_selected=node.span.span_id == selected,
            marks=of_span.get(node.span.span_id, []),
        )
        for node in nodes[first : first + TREE_ROWS]
    ]
    return Part(
        branches=branches,
        number=number,
        first=first + 1,
        last=first + len(branches),
        total=len(nodes),
        selected=rows.get(selected),
        moved=[row for row in rows.values() if row.flags & SpanFlag.CLOCK_SUSPECT],
    )


@dataclass(frozen=True, slots=True)
class MovedClock:
    """How many spans stand at another time than was sent, and the earliest time that was."""

    spans: int
    sent: datetime | None


def moved_clock(trace: Trace, part: Part) -> MovedClock | None:
    """Say what was done to the times of a trace; None where they are those that were sent."""
    if not part.moved:
        return None
    first = min(part.moved, key=lambda row: row.start_time)
    stored = reading.span(trace.project_id, trace.trace_id, first.span_id)
    return MovedClock(len(part.moved), span_details.sent_start(stored) if stored else None)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The timeline of one part of the tree, on the axis of the whole trace."""

    rows: list[tuple[Branch, Bar]]
    ticks: list[Tick]


def waterfall(trace: Trace, part: Part) -> Waterfall:
    spans = [branch.node.span for branch in part.branches]
    drawn = layout(spans, nanoseconds_of(trace.start_time), nanoseconds_of(trace.end_time))
    return Waterfall(list(zip(part.branches, drawn.bars, strict=True)), drawn.ticks)


@dataclass(frozen=True, slots=True)
class Took:
    """An agent that took part in a trace, and the session it was in."""

    agent: Agent
    session_id: str
    session_url: str


def taking_part(project: Project, trace: Trace) -> list[Took]:
    """Return the agents that took part, the trace's own first."""
    rows = list(AgentTrace.objects.of_project(project.pk).of_trace(trace.trace_id))
    agents = Agent.objects.in_bulk([row.agent_id for row in rows])
    rows.sort(key=lambda row: (row.agent_id != trace.agent_id, row.start_time))
    return [
        Took(agents[row.agent_id], row.session_id or "", _session_url(project, row))
        for row in rows
        if row.agent_id in agents
    ]


def targets_of(trace: Trace, agents: Iterable[Took]) -> list[UUID]:
    """Return what may have been remarked on: the trace, and its session under each of its
    agents."""
    keys = [session_key(took.agent.pk, took.session_id) for took in agents if took.session_id]
    return [trace.trace_id, *keys]


def _session_url(project: Project, row: AgentTrace) -> str:
    return reverse("session", args=[project.slug, row.session_key]) if row.session_key else ""


@dataclass(frozen=True, slots=True)
class SessionTurn:
    """One trace of a session: its row, its labels, and what it adds to the conversation."""

    number: int
    trace: Trace
    chips: list[extensions.Chip]
    drawn: Drawn | None

    @property
    def duration(self) -> timedelta:
        return self.trace.end_time - self.trace.start_time


@dataclass(frozen=True, slots=True)
class Conversation:
    turns: list[SessionTurn]
    marks: list[extensions.Mark]  # of the session itself
    trace_count: int
    page: Page[Trace]

    @property
    def has_labels(self) -> bool:
        return bool(self.marks) or any(turn.chips for turn in self.turns)

    @property
    def left_out(self) -> int:
        return self.trace_count - len(self.turns)


def conversation_of(
    project: Project,
    session: Session,
    whole: bool = False,
    older: Cursor | None = None,
    newer: Cursor | None = None,
) -> Conversation:
    """Return a page of the traces of a session, oldest first; the newest ones without a cursor."""
    read = conversations.of_session(project, session, older, newer)
    marks = extensions.marks(project, [trace for _number, trace in read.numbered])
    turns = draw(read.said.transcript, read.said.tools, whole)
    drawn = {turn.turn.trace_id: turn for turn in turns}
    turns_shown = [
        SessionTurn(
            number=number,
            trace=trace,
            chips=extensions.chips(m for m in marks[trace.trace_id] if m.scope != "session"),
            drawn=drawn.get(trace.hex_id),
        )
        for number, trace in read.numbered
    ]
    return Conversation(turns_shown, _of_session(marks.values()), read.count, read.page)


def _of_session(by_trace: Iterable[list[extensions.Mark]]) -> list[extensions.Mark]:
    """Return a session's marks once: they stand on each of its traces."""
    once: dict[extensions.Mark, None] = {}
    for marks in by_trace:
        once.update(dict.fromkeys(mark for mark in marks if mark.scope == "session"))
    return list(once)
