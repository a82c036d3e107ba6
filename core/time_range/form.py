"""The time range that a page is asked for: presets or from and to, kept in the URL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from core.time_range.windows import FIRST, LAST, LONGEST, PRESETS, Window

CUSTOM = "custom"


class MomentInput(forms.DateTimeInput):
    """A browser's own input for a moment. It shows nothing of an address that names a zone, such
    as `2026-11-01T08:00Z`, unless that is said in the viewer's zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")

    def format_value(self, value: Any) -> str | None:
        return super().format_value(_local(value) or value)


def _local(value: Any) -> datetime | None:
    """Return the moment in the viewer's zone, or None where it is no moment with a zone."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return timezone.make_naive(moment) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


class WindowForm(forms.Form):
    """`?range=24h`, or `?range=custom&since=2026-11-01T08:00&until=2026-11-02T08:00`.

    since and until are in the viewer's zone. `until` may be left out: it means now.
    """

    range = forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in (*PRESETS, CUSTOM)],
        widget=forms.HiddenInput,
    )
    since = forms.DateTimeField(required=False, label="From")
    until = forms.DateTimeField(required=False, label="To")

    def __init__(self, *args: Any, default: str = "24h", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default
        for name in ("since", "until"):
            self.fields[name].widget = MomentInput()

    def clean_since(self) -> datetime | None:
        return _in_reach(self.cleaned_data["since"])

    def clean_until(self) -> datetime | None:
        return _in_reach(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("range") != CUSTOM:
            return cleaned
        since, until = cleaned.get("since"), cleaned.get("until") or timezone.now()
        if since is None and "since" not in self.errors:
            self.add_error("since", "Say when the range begins.")
        elif since and "until" not in self.errors and since >= until:
            self.add_error("until", "The end must come after the beginning.")
        elif since and until - since > LONGEST:
            self.add_error("since", f"A range is at most {LONGEST.days} days long.")
        return cleaned

    @property
    def chosen(self) -> str:
        """The name of the range in force; the default where the input was bad."""
        if not self.is_valid():
            return self.default
        return self.cleaned_data.get("range") or self.default

    @property
    def is_custom(self) -> bool:
        return self.chosen == CUSTOM

    def ends_at(self, now: datetime) -> bool:
        """Say whether what happens now belongs to the range."""
        if not self.is_custom:
            return True
        until: datetime | None = self.cleaned_data["until"]
        return until is None or until >= now

    @property
    def presets(self) -> list[str]:
        return list(PRESETS)

    def window(self, now: datetime) -> Window:
        """Return the chosen range as a window; a preset ends now."""
        if self.is_custom:
            until = self.cleaned_data["until"] or now
            return Window.covering(self.cleaned_data["since"], until)
        return Window.last(PRESETS[self.chosen], now)


def _in_reach(moment: datetime | None) -> datetime | None:
    """Return the moment, or raise ValidationError if it is far from the present."""
    if moment is not None and not FIRST <= moment <= LAST:
        raise forms.ValidationError(f"A year from {FIRST.year} to {LAST.year}.")
    return moment
