"""What the list of sessions may be asked for, all in the URL."""

from __future__ import annotations

from django.http import QueryDict

from core.paging import CursorField
from core.time_range.windows import Window
from teams.models import Project
from traces import extensions
from traces.pages.list_filter import ListFilter
from traces.search.agent_choices import AgentChoices
from traces.search.queries import SESSION_STATES, SessionQuery
from traces.search.sessions import PAGES


class SessionFilter(ListFilter):
    older = CursorField(PAGES)
    newer = CursorField(PAGES)

    def __init__(self, data: QueryDict, project: Project, agents: AgentChoices) -> None:
        super().__init__(data, agents, SESSION_STATES, extensions.session_fields(project))

    def query(self, window: Window) -> SessionQuery:
        """Return what is asked for; a value that is bad counts as not given."""
        return SessionQuery(**self.asked(window))
