"""What each row of the list of sessions says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings

from teams.models import Project
from traces import extensions
from traces.figures.sessions import Turns, turns_of
from traces.models import Agent, Session
from traces.search.sessions import FoundSessions
from traces.search.statement_timeout import TookTooLong, at_most


@dataclass(frozen=True, slots=True)
class Row:
    session: Session
    agent: Agent | None
    turns: Turns
    chips: list[extensions.Chip]  # of the session, and of its turns

    @property
    def duration(self) -> timedelta:
        return self.session.end_time - self.session.start_time

    @property
    def is_open(self) -> bool:
        """It has not been quiet for long enough to be judged."""
        return self.session.settled_at is None


def rows_of(project: Project, sessions: Sequence[Session]) -> list[Row]:
    """Return a row for each session, with its agent, its turns and its labels."""
    agents = Agent.objects.in_bulk({session.agent_id for session in sessions})
    turns = turns_of(project.pk, sessions)
    newest = {key: turn.newest for key, turn in turns.items()}
    marks = extensions.marks_of_sessions(project, sessions, newest)
    return [
        Row(
            session=session,
            agent=agents.get(session.agent_id),
            turns=turns[session.key],
            chips=extensions.chips(marks[session.key]),
        )
        for session in sessions
    ]


def rows_in_time(
    project: Project, found_sessions: FoundSessions
) -> tuple[FoundSessions, list[Row]]:
    """Return what was found and its rows; no rows where reading turns takes too long."""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            return found_sessions, rows_of(project, found_sessions.page.rows)
    except TookTooLong:
        return replace(found_sessions, took_too_long=True), []
