"""What the table of signals may be asked for, all in the URL."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from core.form_values import good_values
from signals_app.labels.summaries import SORTS, SignalQuery
from signals_app.models import Signal
from teams.models import Project
from traces.models import Agent
from traces.pages.agent_choice import AgentChoice

SORT_CHOICES = [(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")]


class TableForm(forms.Form):
    """Filters of the signals table; bad values are ignored, and said."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or agent"}),
    )
    agent = AgentChoice(required=False, empty_label="All agents")
    state = forms.ChoiceField(
        required=False, choices=[("", "All but archived"), *Signal.State.choices]
    )
    sort = forms.ChoiceField(required=False, choices=SORT_CHOICES, widget=forms.HiddenInput)

    def __init__(self, data: Any, project: Project) -> None:
        super().__init__(data)
        field = self.fields["agent"]
        assert isinstance(field, AgentChoice)
        agents = Agent.objects.filter(project=project)
        judged = agents.filter(Exists(Signal.objects.filter(agent=OuterRef("pk"))))
        field.offer(self, agents, listed=judged.order_by("name"))

    def query(self) -> SignalQuery:
        """Return what is asked for; a value that is bad counts as not given."""
        values = good_values(self)
        return SignalQuery(
            text=values.get("q", ""),
            agent=values.get("agent"),
            state=values.get("state", ""),
            sort=values.get("sort") or "name",
        )
