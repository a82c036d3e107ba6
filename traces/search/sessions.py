"""The list of sessions: what the filters leave, a page of it, and what each row says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from core.ids import session_key
from core.paging import Page
from core.time_range.windows import Window
from teams.models import Project
from traces import extensions
from traces.figures.sessions import Turns, turns_of
from traces.models import Agent, AgentTrace, Session, Trace
from traces.models.querysets import SessionQuerySet, TraceQuerySet
from traces.pages.sessions.forms import PAGES, SessionFilter
from traces.search.bounded_count import counted_beside
from traces.search.id_list_or_scan import exists, listed, one_of
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


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Row]
    page: Page[Session]
    count: int
    is_counted: bool  # false when there are more than `count`
    took_too_long: bool = False  # the rows are not known, then, and not none


def listing(
    project: Project, form: SessionFilter, agents: Sequence[Agent], window: Window
) -> Listing:
    """One page of a project's sessions that started in the window and pass the filters."""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            found = matching(project, form, agents, window)
            page = PAGES.page(found, form.value("older"), form.value("newer"))
            rows = rows_of(project, page.rows, agents)
    except TookTooLong:
        return Listing([], Page([], "", ""), 0, False, took_too_long=True)
    count, is_counted = counted_beside(page, found, form.is_narrowed)
    return Listing(rows, page, count, is_counted)


def matching(
    project: Project, form: SessionFilter, agents: Sequence[Agent], window: Window
) -> SessionQuerySet:
    found = Session.objects.of_project(project.pk).between(window.start, window.end)
    agent = next((one for one in agents if str(one.uuid) == form.value("agent")), None)
    if agent:
        found = found.of_agent(agent.pk)
    if session_id := form.value("session"):
        keys = [session_key(one.pk, session_id) for one in agents]
        found = found.filter(one_of("key", keys))
    if form.value("status") == "open":
        found = found.waiting()
    if user_id := form.value("user"):
        turns = Trace.objects.of_project(project.pk).since(window.start).of_user(user_id)
        found = found.of_user(user_id).filter(_by_key(project, turns) or Q())
    for turns in _wanted_turns(project, form, window):
        found = found.filter(_with_one_of(project, turns))
    return extensions.narrow_sessions(found, project, form.extra_values, window.start)


def _wanted_turns(project: Project, form: SessionFilter, window: Window) -> list[TraceQuerySet]:
    """For each filter by what a turn is like, the traces that are so.

    A session that started in the window has no turn before it.
    """
    turns = Trace.objects.of_project(project.pk).since(window.start)
    found = []
    if form.value("status") == "error":
        found.append(turns.of_status("error"))
    if words := form.value("q"):
        found.append(turns.saying(words))
    return found


def _with_one_of(project: Project, turns: TraceQuerySet) -> Q:
    """Sessions with such a turn: by key where these are few, else session by session."""
    if by_key := _by_key(project, turns):
        return by_key
    runs = AgentTrace.objects.of_project(project.pk)
    such = Exists(turns.filter(trace_id=OuterRef("trace_id")))
    return exists(runs.of_session(OuterRef("key")).filter(such).values("trace_id"))


def _by_key(project: Project, turns: TraceQuerySet) -> Q | None:
    """Sessions with such a turn, by the index of these; None where they are many."""
    few = listed(turns.ids())
    if few is None:
        return None
    runs = AgentTrace.objects.of_project(project.pk).filter(one_of("trace_id", few))
    keys = runs.values_list("session_key", flat=True).distinct()
    return one_of("key", [key for key in keys if key])


def rows_of(project: Project, sessions: Sequence[Session], agents: Sequence[Agent]) -> list[Row]:
    names = {agent.pk: agent for agent in agents}
    turns = turns_of(project.pk, sessions)
    newest = {key: one.newest for key, one in turns.items()}
    marks = extensions.marks_of_sessions(project, sessions, newest)
    return [
        Row(
            session=session,
            agent=names.get(session.agent_id),
            turns=turns[session.key],
            chips=extensions.chips(marks[session.key]),
        )
        for session in sessions
    ]
