"""Which traces and sessions are a subject's.

A user's are the traces in which any span names them, and the turns of their sessions that name
nobody else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from traces.erasing.subjects import Kind, Subject
from traces.store.reading import fetch

TRACES_OF_SESSION = """
SELECT trace_id FROM trace WHERE project_id = %(project)s AND session_id = %(text)s
UNION
SELECT a.trace_id FROM session s
JOIN agent_trace a ON a.project_id = s.project_id AND a.session_key = s.key
WHERE s.project_id = %(project)s AND s.session_id = %(text)s
LIMIT %(most)s
"""

TRACES_OF_USER = """
SELECT trace_id FROM trace WHERE project_id = %(project)s AND user_id = %(text)s
UNION
SELECT a.trace_id FROM session s
JOIN agent_trace a ON a.project_id = s.project_id AND a.session_key = s.key
JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id AND t.user_id IS NULL
WHERE s.project_id = %(project)s AND s.user_id = %(text)s
LIMIT %(most)s
"""

#: No index knows the users of spans: a user's traces are found above, and these are the few that
#: name several.
TRACES_OF_SPANS = """
SELECT DISTINCT trace_id FROM span WHERE project_id = %(project)s AND {column} = %(text)s
LIMIT %(most)s
"""

SESSIONS = """
SELECT key FROM session WHERE project_id = %(project)s AND {column} = %(text)s LIMIT %(most)s
"""
COLUMNS = {Kind.USER: "user_id", Kind.SESSION: "session_id"}


def traces(project_id: int, subject: Subject, most: int) -> list[UUID]:
    """Return up to `most` traces of the subject, found through indexes alone."""
    if subject.kind == Kind.TRACE:
        return [UUID(subject.text)]
    statement = TRACES_OF_USER if subject.kind == Kind.USER else TRACES_OF_SESSION
    return _ids(statement, project_id, subject, most)


def traces_of_spans(project_id: int, subject: Subject, most: int) -> list[UUID]:
    """Return up to `most` traces with a span of the subject; looks at every span of the project."""
    if subject.kind == Kind.TRACE:
        return []
    statement = TRACES_OF_SPANS.format(column=COLUMNS[subject.kind])
    return _ids(statement, project_id, subject, most)


def sessions(project_id: int, subject: Subject, most: int) -> list[UUID]:
    """Return up to `most` keys of sessions of the subject."""
    if subject.kind == Kind.TRACE:
        return []
    return _ids(SESSIONS.format(column=COLUMNS[subject.kind]), project_id, subject, most)


def _ids(statement: str, project_id: int, subject: Subject, most: int) -> list[UUID]:
    values: Any = {"project": project_id, "text": subject.text, "most": most}
    return [row[0] for row in fetch(statement, values)]
