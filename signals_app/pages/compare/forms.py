"""What a comparison is asked for: two versions, which targets; and which of its rows are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from signals_app.models import Signal, SignalVersion
from signals_app.pages.trials.forms import TargetsForm
from signals_app.trials.comparison_figures import FLIPS, SHOWS
from signals_app.trials.trials import USUAL_TARGETS

FIELDS = ("before", "after", "count", "range", "since", "until")


class PairForm(forms.Form):
    """Two versions by number. The same one twice shows how steady the judge is."""

    before = forms.TypedChoiceField(label="Version", coerce=int)
    after = forms.TypedChoiceField(label="Compared with", coerce=int)

    def __init__(self, signal: Signal, versions: Sequence[SignalVersion], data: Any) -> None:
        super().__init__(data)
        self.by_number = {version.number: version for version in versions}
        for name in ("before", "after"):
            choices = [(version.number, _name(signal, version)) for version in versions]
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def pair(self) -> tuple[SignalVersion, SignalVersion]:
        """Once the form is valid."""
        given = self.cleaned_data
        return self.by_number[given["before"]], self.by_number[given["after"]]


class CompareTargetsForm(TargetsForm):
    """The same fields under their plain names: they stand in an address that is passed on."""

    prefix = None


class ShowForm(forms.Form):
    """`?show=all`: which rows of a comparison."""

    show = forms.ChoiceField(required=False, choices=list(SHOWS.items()))

    @property
    def shown(self) -> str:
        """What was chosen; the flips where nothing was, or nothing that there is."""
        return (self.is_valid() and self.cleaned_data["show"]) or FLIPS


def given_or_default(
    given: Mapping[str, str], signal: Signal, versions: Sequence[SignalVersion]
) -> dict[str, str]:
    """Return what the address says of the fields; else the live version against the one before it.

    versions: the newest first, at least one.
    """
    live = next(
        (version for version in versions if version.pk == signal.live_version_id), versions[0]
    )
    older = next((version for version in versions if version.number < live.number), live)
    usual = {
        "before": str(older.number),
        "after": str(live.number),
        "count": str(USUAL_TARGETS),
        "range": "7d",
    }
    return usual | {name: given[name] for name in FIELDS if name in given}


def _name(signal: Signal, version: SignalVersion) -> str:
    live = ", live" if version.pk == signal.live_version_id else ""
    return f"Version {version.number}{live}"
