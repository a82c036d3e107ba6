"""The form of a manual run: which stretch of the past, and which share of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from core.time_range.form import MomentInput
from core.time_range.moments import utc_text
from signals_app.models import SignalVersion
from signals_app.runs import runs

#: Where the form shows what `runs.start` calls otherwise.
FIELD_OF = {"start": "since", "end": "until", "rate": "percent"}
#: What the form says before anything was typed.
DEFAULT_LENGTH = timedelta(days=7)


def _moment(label: str, required: bool) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        widget=MomentInput(),
        error_messages={"required": "Say when the run begins."},
    )


class RunForm(forms.Form):
    """since, until: in the viewer's zone; without `until` it means now."""

    since = _moment("From", required=True)
    until = _moment("To", required=False)
    percent = forms.FloatField(
        label="Sample rate in percent",
        validators=[
            MinValueValidator(0.0001, "Sample at least 0.0001 %%."),
            MaxValueValidator(100, "100 %% is all there is."),
        ],
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.0001", "max": "100"}),
        error_messages={"required": "Say which share of the targets is judged."},
    )

    def __init__(self, data: Any, now: datetime) -> None:
        super().__init__(data)
        self.now = now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until") or self.now
        if since is None or "until" in self.errors:
            return cleaned
        if errors := runs.errors_of_window(since, until, self.now):
            self.show(ValidationError(errors))
        return cleaned

    def show(self, refused: ValidationError) -> None:
        """Put what `runs.start` refuses at its fields."""
        for field, sentences in refused.message_dict.items():
            self.add_error(FIELD_OF[field], sentences)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Of a valid form; what lies in the future is left out."""
        until = self.cleaned_data["until"] or self.now
        return self.cleaned_data["since"], min(until, self.now)

    @property
    def rate(self) -> float:
        return float(self.cleaned_data["percent"]) / 100


def default_values(version: SignalVersion, now: datetime) -> dict[str, str]:
    """Return the last week, at the rate of the version."""
    percent = f"{version.sample_rate * 100:g}"
    return {"since": utc_text(now - DEFAULT_LENGTH), "until": "", "percent": percent}


def given_or_default(given: Any, version: SignalVersion, now: datetime) -> dict[str, str]:
    """Return what the address says of the form's fields; a chosen range says only when."""
    values = default_values(version, now)
    return values | {name: given[name] for name in values if name in given}
