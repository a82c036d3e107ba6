"""What the page of a signal may be asked for, all in the URL."""

from __future__ import annotations

from typing import Any

from django import forms

from core.form_values import good_values
from core.paging import CursorField
from core.time_range.windows import Window
from signals_app.labels import label_table
from signals_app.labels.label_table import PAGES
from signals_app.labels.outcomes import CHOICES
from signals_app.labels.queries import LabelQuery
from signals_app.models import Signal, Source

OLDEST = "oldest"


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
        self.has_versions = len(versions) > 1
        choices = [("", "Any label"), *((name, name) for name in labels)]
        self.fields["label"].choices = choices  # type: ignore[attr-defined]
        numbers = [("", "Any version"), *((str(n), f"Version {n}") for n in versions)]
        self.fields["version"].choices = numbers  # type: ignore[attr-defined]
        for name in ("label", "outcome", "source", "version"):
            self.fields[name].widget.attrs["data-submit"] = True

    @classmethod
    def of_signal(cls, data: Any, signal: Signal) -> LabelsForm:
        """Offer the labels and versions that the signal has had."""
        return cls(data, *label_table.offered(signal))

    def query(self, window: Window) -> LabelQuery:
        """Return what is asked for; a value that is bad counts as not given."""
        values = good_values(self)
        return LabelQuery(
            start=window.start,
            end=window.end,
            label=values.get("label", ""),
            outcome=values.get("outcome", ""),
            source=values.get("source", ""),
            version=values.get("version"),
            oldest_first=values.get("sort") == OLDEST,
        )
