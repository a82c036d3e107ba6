"""Which sessions a query names: a page of them, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from core.paging import PAGE_SIZE, Cursor, Page, Pager
from teams.models import Project
from traces import extensions
from traces.models import AgentTrace, Session, Trace
from traces.models.querysets import SessionQuerySet, TraceQuerySet
from traces.search.bounded_count import counted_beside
from traces.search.id_list_or_scan import exists, listed, one_of
from traces.search.queries import SessionQuery
from traces.search.statement_timeout import TookTooLong, at_most

#: The list in the order of the index `session_newest_first`.
PAGES = Pager("start_time", "key", UUID)


@dataclass(frozen=True, slots=True)
class FoundSessions:
    """One page of the sessions that a query names, newest first; fields as in `FoundTraces`."""

    page: Page[Session]
    count: int
    is_counted: bool
    took_too_long: bool = False


def find(
    project: Project,
    query: SessionQuery,
    older: Cursor | None = None,
    newer: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> FoundSessions:
    """Return the page of a project's sessions that stands beside a cursor, else the newest one."""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            sessions = matching(project, query)
            page = PAGES.page(sessions, older, newer, size)
    except TookTooLong:
        return FoundSessions(Page([], "", ""), 0, False, took_too_long=True)
    count, is_counted = counted_beside(page, sessions, query.is_narrowed)
    return FoundSessions(page, count, is_counted)


def matching(project: Project, query: SessionQuery) -> SessionQuerySet:
    """Return the sessions that pass every filter of the query."""
    sessions = Session.objects.of_project(project.pk).between(query.start, query.end)
    if query.agent:
        sessions = sessions.of_agent(query.agent.pk)
    if query.session_id:
        sessions = sessions.filter(session_id=query.session_id)
    if query.status == "open":
        sessions = sessions.waiting()
    if query.user_id:
        turns = Trace.objects.of_project(project.pk).since(query.start).of_user(query.user_id)
        sessions = sessions.of_user(query.user_id).filter(_by_key(project, turns) or Q())
    for turns in _wanted_turns(project, query):
        sessions = sessions.filter(_with_one_of(project, turns))
    return extensions.narrow_sessions(sessions, project, dict(query.extra), query.start)


def _wanted_turns(project: Project, query: SessionQuery) -> list[TraceQuerySet]:
    """Return for each filter by what a turn is like the traces that are so.

    A session that started in the window has no turn before it.
    """
    turns = Trace.objects.of_project(project.pk).since(query.start)
    wanted = []
    if query.status == "error":
        wanted.append(turns.of_status("error"))
    if query.text:
        wanted.append(turns.saying(query.text))
    return wanted


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
