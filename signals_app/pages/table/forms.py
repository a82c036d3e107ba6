"""What the table of signals may be asked for, all in the URL."""

from __future__ import annotations

from typing import Any

from django import forms

from core.form_values import good_values
from signals_app.labels.summaries import SORTS, SignalQuery
from signals_app.models import Signal
from signals_app.pages.form.agent_choice import AgentChoice
from teams.models import Project
from traces.models import Agent

SORT_CHOICES = [(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")]


class TableForm(forms.Form):
    """Filters of the signals table; bad values are ignored, and said."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or agent"}),
    )
    agent = AgentChoice(
        Agent.objects.none(), required=False, empty_label="All agents", to_field_name="uuid"
    )
    state = forms.ChoiceField(
        required=False, choices=[("", "All but archived"), *Signal.State.choices]
    )
    sort = forms.ChoiceField(required=False, choices=SORT_CHOICES, widget=forms.HiddenInput)

    def __init__(self, data: Any, project: Project) -> None:
        super().__init__(data)
        agents = Agent.objects.filter(project=project).order_by("name")
        self.fields["agent"].queryset = agents  # type: ignore[attr-defined]

    def query(self) -> SignalQuery:
        """Return what is asked for; a value that is bad counts as not given."""
        values = good_values(self)
        return SignalQuery(
            text=values.get("q", ""),
            agent=values.get("agent"),
            state=values.get("state", ""),
            sort=values.get("sort") or "name",
        )
