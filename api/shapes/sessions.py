"""Sessions: conversations of one agent, of several traces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ninja import Schema

from api.shapes import agents, links, traces
from api.shapes.agents import AgentRef
from api.shapes.traces import GivenLabel, MarkShape, TraceShape
from teams.models import Project
from traces import extensions
from traces.figures.session_rows import Row
from traces.models import Trace


class SessionShape(Schema):
    """A session. is_open: it has not been quiet for long enough to be judged. input: the first
    thing that was asked. traces: its turns; settled, errors: how many of them. Tokens and cost are
    the agent's own, null where no turn reports any."""

    key: str
    session_id: str
    agent: AgentRef | None
    user_id: str | None
    start: datetime
    end: datetime
    duration_s: float
    is_open: bool
    input: str
    traces: int
    settled: int
    errors: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    labels: list[GivenLabel]
    url: str


class WholeSession(SessionShape):
    """A session with a page of its turns, the latest first. marks: what signals said of the session
    itself; next_cursor: for the turns before these."""

    marks: list[MarkShape]
    turns: list[TraceShape]
    next_cursor: str | None


def session_of(project: Project, row: Row) -> SessionShape:
    return SessionShape(**_facts(project, row))


def whole_session_of(
    project: Project, row: Row, turns: Sequence[Trace], next_cursor: str | None
) -> WholeSession:
    session = row.session
    marks = extensions.marks_of_sessions(project, [session], {})[session.key]
    return WholeSession(
        **_facts(project, row),
        marks=traces.marks_of(marks),
        turns=traces.traces_of(project, turns),
        next_cursor=next_cursor,
    )


def _facts(project: Project, row: Row) -> dict[str, Any]:
    session, sums = row.session, row.turns.sums
    return {
        "key": session.key.hex,
        "session_id": session.session_id,
        "agent": agents.ref_of(row.agent) if row.agent else None,
        "user_id": session.user_id,
        "start": session.start_time,
        "end": session.end_time,
        "duration_s": row.duration.total_seconds(),
        "is_open": row.is_open,
        "input": row.turns.asked or "",
        "traces": sums.runs,
        "settled": sums.settled,
        "errors": sums.errors,
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "cost_usd": sums.cost_usd,
        "labels": traces.labels_of(row.chips),
        "url": links.page("session", project.slug, session.key),
    }
