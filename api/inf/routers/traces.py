"""`trace`: lists of traces and sessions, and what could be asked of them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from api.inf import filters, pages
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.inf.shapes import span_rows, trace_rows
from core.ids import session_key
from teams.models import Project
from traces.figures.sessions import turns_of
from traces.models import Agent, Session, Trace
from traces.search import sessions, traces
from traces.search.queries import SessionQuery, TraceQuery

router = Router()
Row = dict[str, Any]

NO_SORT = "Signals lists traces from the newest to the oldest: --sort start_time --order desc."
NO_SESSION = "There is no such session of this agent."


@router.query("traces.list")
def list_traces(call: Call) -> Row:
    """Return a page of traces, the newest first."""
    _check_order(call.given)
    query = filters.trace_query(call.project, call.given.object("filters"), timezone.now())
    return _listed(call, query)


@router.query("traces.search")
def search(call: Call) -> Row:
    """Return a page of the traces whose text holds the words."""
    given, text = call.given.object("filters"), call.given.text("query")
    return _listed(call, filters.trace_query(call.project, given, timezone.now(), text=text))


@router.query("traces.facets", "spans.facets")
def facets(call: Call) -> Row:
    """Return how many of the newest traces bear each model, provider, service and environment; of
    spans, too, since they are not counted apart."""
    given = call.given
    wanted = given.words("facetIds") or list(trace_rows.FACETS.values())
    query = filters.trace_query(call.project, given.object("filters"), timezone.now())
    found = traces.find(call.project, query, with_facets=True)
    if found.took_too_long or found.facets is None:
        raise refused(pages.TOO_LONG, 408)
    return trace_rows.facets_of(found.facets, wanted)


@router.query("traces.listSessions")
def list_sessions(call: Call) -> Row:
    """Return a page of an agent's sessions, the newest first."""
    given = call.given.object("filters")
    agent = filters.agent_of(call.project, call.given.text("agentIdentity"))
    like = filters.trace_query(call.project, given, timezone.now())
    query = SessionQuery(
        start=like.start,
        end=like.end,
        agent=agent,
        status=like.status if like.status == "error" else "",
        user_id=like.user_id,
        session_id=like.session_id,
        text=call.given.text("query", ""),
    )
    return _listed_sessions(call, query)


@router.query("traces.listSessionTraces")
def list_session_traces(call: Call) -> Row:
    """Return the traces of one session, the newest first."""
    return _listed(call, _of_session(call))


@router.query("traces.getSessionTree")
def get_session_tree(call: Call) -> Row:
    """Return the traces of one session with their spans, without what these say."""
    found = _listed(call, _of_session(call))
    ids = [row["traceId"] for row in found["traces"]]
    known = Trace.objects.of_project(call.project.pk).among(ids)
    return found | {"trees": [span_rows.tree_of(call.project, trace) for trace in known]}


def _of_session(call: Call) -> TraceQuery:
    agent = filters.agent_of(call.project, call.given.text("agentIdentity"))
    session = _session(call.project, agent, call.given.text("sessionId"))
    return TraceQuery(
        start=session.start_time,
        end=max(session.end_time, timezone.now()),
        agent=agent,
        session_id=session.session_id,
    )


def _session(project: Project, agent: Agent | None, session_id: str) -> Session:
    assert agent is not None
    known = Session.objects.of_project(project.pk)
    session = known.filter(key=session_key(agent.pk, session_id)).first()
    if session is None:
        raise refused(NO_SESSION, 404)
    return session


def _listed(call: Call, query: TraceQuery) -> Row:
    older = pages.cursor_of(call.given, traces.PAGES)
    found = traces.find(call.project, query, older=older, size=pages.limit_of(call.given))
    if found.took_too_long:
        raise refused(pages.TOO_LONG, 408)
    return {
        "traces": trace_rows.rows_of(call.project, found.page.rows),
        "nextCursor": found.page.older or None,
        "totalCount": found.count if found.is_counted else None,
    }


def _listed_sessions(call: Call, query: SessionQuery) -> Row:
    older = pages.cursor_of(call.given, sessions.PAGES)
    found = sessions.find(call.project, query, older=older, size=pages.limit_of(call.given))
    if found.took_too_long:
        raise refused(pages.TOO_LONG, 408)
    rows = found.page.rows
    turns = turns_of(call.project.pk, rows)
    names = trace_rows.agent_names(call.project, (row.agent_id for row in rows))
    return {
        "sessions": [
            trace_rows.session_of(call.project, row, turns[row.key], names.get(row.agent_id))
            for row in rows
        ],
        "nextCursor": found.page.older or None,
        "totalCount": found.count if found.is_counted else None,
    }


def _check_order(given: Given) -> None:
    is_ours = given.text("sortBy", "start_time") == "start_time"
    if not is_ours or given.text("sortOrder", "desc") != "desc":
        raise refused(NO_SORT, field="sortBy")
