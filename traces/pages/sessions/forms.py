"""What the list of sessions may be asked for, all in the URL."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.http import QueryDict

from core.paging import CursorField, Pager
from teams.models import Project
from traces import extensions
from traces.models import Agent
from traces.pages.traces.forms import IdField, ListFilter

#: The list in the order of the index `session_newest_first`.
PAGES = Pager("start_time", "key", UUID)


class SessionFilter(ListFilter):
    agent = forms.ChoiceField(required=False)
    status = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), ("error", "Failed turns"), ("open", "Still going")],
    )
    q = forms.CharField(label="Text", required=False, max_length=200)
    session = IdField()
    user = IdField()
    older = CursorField(PAGES)
    newer = CursorField(PAGES)

    def __init__(self, data: QueryDict, project: Project, agents: Iterable[Agent]) -> None:
        super().__init__(data, agents, extensions.session_fields(project))
