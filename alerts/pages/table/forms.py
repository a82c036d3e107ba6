"""The filters of the alerts page; bad values are ignored, and said."""

from __future__ import annotations

from typing import Any

from django import forms

from alerts.listing import ATTENTION, SORTS
from alerts.models import Alert
from core.paging import KeyField
from signals_app.models import Signal
from teams.models import Project

NARROWING = ("q", "signal", "state", "standing", "muted")
STANDINGS = [("", "Any"), (ATTENTION, "Needs attention"), *Alert.Standing.choices]


class TableForm(forms.Form):
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or signal"}),
    )
    signal = forms.ModelChoiceField(
        Signal.objects.none(), required=False, empty_label="All signals", to_field_name="uuid"
    )
    state = forms.ChoiceField(
        required=False, choices=[("", "All but archived"), *Alert.State.choices]
    )
    standing = forms.ChoiceField(label="Now", required=False, choices=STANDINGS)
    muted = forms.ChoiceField(
        label="Muted by you",
        required=False,
        choices=[("", "Either"), ("yes", "Muted"), ("no", "Not muted")],
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
    )
    older = KeyField()
    newer = KeyField()

    def __init__(self, data: Any, project: Project) -> None:
        super().__init__(data)
        signals = Signal.objects.filter(project=project, alerts__isnull=False).distinct()
        field = self.fields["signal"]
        field.queryset = signals.order_by("name")  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in NARROWING)

    @property
    def standing_words(self) -> str:
        """What the chosen standing is called."""
        return str(dict(STANDINGS).get(self.cleaned_data.get("standing", ""), "")).lower()
