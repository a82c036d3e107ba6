"""What to erase, and the word that it is meant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from traces.erasing import subjects
from traces.erasing.subjects import Kind, Subject

NOT_THE_SAME = "This is not what stands above. Nothing was erased."


class SubjectForm(forms.Form):
    """Whose traffic; `found` is the subject of a valid form."""

    kind = forms.ChoiceField(label="Erase the traffic of", choices=Kind.choices)
    subject = forms.CharField(
        label="Its id",
        strip=False,
        max_length=subjects.MOST_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As traffic says it: user.id, the session's id, or the trace id.",
        error_messages={"required": subjects.EMPTY},
    )
    found: Subject

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.found = subjects.read(cleaned["kind"], cleaned["subject"])
        return cleaned


class ConfirmForm(SubjectForm):
    """The same, typed once more by the person who means it."""

    confirmed = forms.CharField(
        label="Type it again",
        strip=False,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_confirmed(self) -> str:
        confirmed = str(self.cleaned_data["confirmed"])
        if confirmed.strip() != str(self.cleaned_data.get("subject", "")).strip():
            raise ValidationError(NOT_THE_SAME)
        return confirmed
