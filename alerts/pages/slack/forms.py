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
        field.choices = _choices(channels)


class TroubleForm(forms.Form):
    """The channel in which trouble of Signals itself is said, or none."""

    trouble_channel = forms.ChoiceField(
        label="Trouble of Signals itself",
        required=False,
        help_text="A judge that fails, a signal that stopped itself, a worker that is down: said "
        "once when it begins and once when it is over. Owners and admins get it by e-mail as well.",
    )

    def __init__(self, data: Any, channels: Sequence[Channel], chosen: str) -> None:
        super().__init__(data, initial={"trouble_channel": chosen})
        field = self.fields["trouble_channel"]
        assert isinstance(field, forms.ChoiceField)
        self.names = dict(_choices(channels))
        field.choices = [("", "By e-mail only"), *self.names.items()]

    @property
    def chosen_name(self) -> str:
        """The name of the chosen channel, "" for none."""
        return self.names.get(self.cleaned_data["trouble_channel"], "")


def _choices(channels: Sequence[Channel]) -> list[tuple[str, str]]:
    return [
        (channel.id, f"#{channel.name}{' (private)' if channel.is_private else ''}")
        for channel in channels
    ]


class CallbackForm(forms.Form):
    """What Slack sends a person back with: a code, or why there is none."""

    state = forms.CharField(max_length=200)
    code = forms.CharField(max_length=500, required=False)
    error = forms.CharField(max_length=200, required=False)
