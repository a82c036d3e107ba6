"""The forms behind the filters of the signals table and of a signal's labels."""

from __future__ import annotations

from typing import Any

from django import forms

from core.paging import CursorField, Pager
from signals_app.labels.outcomes import CHOICES
from signals_app.labels.summaries import SORTS, SignalQuery
from signals_app.models import Signal, Source
from signals_app.pages.form.agent_choice import AgentChoice
from teams.models import Project
from traces.models import Agent

#: A signal's labels, those that counted last first.
PAGES = Pager("counted_at", "-id", int)
OLDEST = "oldest"
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
        values = chosen(self)
        return SignalQuery(
            text=values.get("q", ""),
            agent=values.get("agent"),
            state=values.get("state", ""),
            sort=values.get("sort") or "name",
        )


class BarsForm(forms.Form):
    """`?bars=share`: the chart over time shows parts of the whole; else how many."""

    bars = forms.ChoiceField(required=False, choices=[("", "Count"), ("share", "Share")])

    @property
    def is_share(self) -> bool:
        """False where the input was bad."""
        self.is_valid()
        return self.cleaned_data.get("bars") == "share"


class LabelsForm(forms.Form):
    """Filters, order and paging of a signal's classified targets."""

    label = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(required=False, choices=[("", "Any outcome"), *CHOICES])
    source = forms.ChoiceField(required=False, choices=[("", "Live and runs"), *Source.choices])
    version = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    sort = forms.ChoiceField(
        required=False,
        choices=[("", "Newest first"), (OLDEST, "Oldest first")],
        error_messages={"invalid_choice": "“%(value)s” is no order; these are newest first."},
    )
    older = CursorField(PAGES)
    newer = CursorField(PAGES)

    def __init__(self, data: Any, labels: list[str], versions: list[int]) -> None:
        super().__init__(data)
        choices = [("", "Any label"), *((name, name) for name in labels)]
        self.fields["label"].choices = choices  # type: ignore[attr-defined]
        numbers = [("", "Any version"), *((str(n), f"Version {n}") for n in versions)]
        self.fields["version"].choices = numbers  # type: ignore[attr-defined]
        for name in ("label", "outcome", "source", "version"):
            self.fields[name].widget.attrs["data-submit"] = True


def chosen(form: forms.Form) -> dict[str, Any]:
    """The values that are good; a bad one counts as not given."""
    form.is_valid()
    return form.cleaned_data
