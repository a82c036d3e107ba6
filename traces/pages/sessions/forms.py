"""What the list of sessions may be asked for, all in the URL."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from core.paging import CursorField
from core.time_range.windows import Window
from teams.models import Project
from traces import extensions
from traces.pages.list_filter import IdField, ListFilter
from traces.search.agent_choices import AgentChoices
from traces.search.queries import MOST_TEXT_CHARS, SESSION_STATES, SessionQuery
from traces.search.sessions import PAGES


class SessionFilter(ListFilter):
    agent = forms.ChoiceField(required=False)
    status = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), *SESSION_STATES.items()],
    )
    q = forms.CharField(label="Text", required=False, max_length=MOST_TEXT_CHARS)
    session = IdField()
    user = IdField()
    older = CursorField(PAGES)
    newer = CursorField(PAGES)

    def __init__(self, data: QueryDict, project: Project, agents: AgentChoices) -> None:
        super().__init__(data, agents, extensions.session_fields(project))

    def query(self, window: Window) -> SessionQuery:
        """Return what is asked for; a value that is bad counts as not given."""
        return SessionQuery(**self.asked(window))
