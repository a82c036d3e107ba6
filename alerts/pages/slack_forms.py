"""What people may type about Slack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from alerts.delivery.slack import Channel


class TokenForm(forms.Form):
    token = forms.CharField(
        label="Bot token",
        max_length=300,
        help_text="From your Slack app's page “OAuth & Permissions”; it begins with xoxb-.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"])
        if not token.startswith("xoxb-"):
            raise forms.ValidationError("A bot token begins with xoxb-.")
        return token


class TestForm(forms.Form):
    """The channel for a test message: chosen from those that Slack names."""

    channel = forms.ChoiceField(label="Channel")

    def __init__(self, data: Any, channels: Sequence[Channel]) -> None:
        super().__init__(data)
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (one.id, f"#{one.name}{' (private)' if one.is_private else ''}") for one in channels
        ]


class CallbackForm(forms.Form):
    """What Slack sends a person back with: a code, or why there is none."""

    state = forms.CharField(max_length=200)
    code = forms.CharField(max_length=500, required=False)
    error = forms.CharField(max_length=200, required=False)
