"""Sessions: found, and read with their turns."""

from __future__ import annotations

from django.conf import settings
from ninja import Path, Query, Schema

from api import lookups
from api.rest import cursors
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.traffic import filters
from api.rest.resources.traffic.conversations import SessionKey
from api.rest.resources.traffic.filters import SessionFilter
from api.rest.types import CursorText, Limit
from api.shapes import sessions as shapes
from api.shapes.sessions import SessionShape, WholeSession
from traces import conversations
from traces.figures.session_rows import rows_in_time, rows_of
from traces.search import traces as trace_search
from traces.search.sessions import PAGES, find
from traces.search.statement_timeout import TookTooLong, at_most

resource = Resource(tags=["sessions"])


class SessionList(SessionFilter):
    cursor: CursorText = ""
    limit: Limit = 50


class Sessions(Schema):
    """Sessions, the latest first. count: of all that match; at least so many where is_counted is
    false."""

    items: list[SessionShape]
    count: int
    is_counted: bool
    next_cursor: str | None


class TurnsPage(Schema):
    """Which turns of a session: the latest, or those before a page."""

    cursor: CursorText = ""
    limit: Limit = 50


@resource.get("", response=Sessions, operation_id="list_sessions")
def list_sessions(request: CallerRequest, query: Query[SessionList]) -> Sessions:
    """Return sessions, the latest first; of the last 7 days unless a stretch of time is given."""
    project = request.caller.project
    older = cursors.read(request, query.cursor, PAGES.read)
    found = find(project, filters.session_query(project, query), older, size=query.limit)
    found, rows = rows_in_time(project, found)
    if found.took_too_long:
        raise TookTooLong
    return Sessions(
        items=[shapes.session_of(project, row) for row in rows],
        count=found.count,
        is_counted=found.is_counted,
        next_cursor=cursors.written(request, found.page.older),
    )


@resource.get("/{session}", response=WholeSession, operation_id="get_session")
def get_session(
    request: CallerRequest, session: Path[SessionKey], query: Query[TurnsPage]
) -> WholeSession:
    """Return one session with its turns, the latest first."""
    project = request.caller.project
    known = lookups.session(project, session)
    older = cursors.read(request, query.cursor, trace_search.PAGES.read)
    with at_most(settings.SEARCH_PATIENCE_MS):
        (row,) = rows_of(project, [known])
        turns = conversations.turns_of(project, known)
        page = trace_search.PAGES.page(turns, older, size=query.limit)
    onward = cursors.written(request, page.older)
    return shapes.whole_session_of(project, row, page.rows, onward)
