"""When and where a member wants their overview."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from typing import Any

from django import forms

from alerts.models import Kind, OverviewSubscription
from teams.models import User

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]
UNKNOWN_CHANNEL = "Choose a channel that the bot can see."


class SubscriptionForm(forms.Form):
    """channels: id and name of those that the team's Slack offers; no_channels: why it offers none.

    The time zone is asked for while the account has none, and becomes the account's.
    """

    hour = forms.TypedChoiceField(label="Hour", choices=HOURS, coerce=int)
    time_zone = forms.ChoiceField(
        label="Time zone",
        help_text="It becomes your account's: all pages then speak in it.",
    )
    kind = forms.ChoiceField(label="Sent", choices=[], widget=forms.RadioSelect)
    channel = forms.ChoiceField(label="Slack channel", required=False)

    def __init__(
        self,
        data: Any,
        *,
        user: User,
        subscription: OverviewSubscription | None,
        channels: Sequence[tuple[str, str]],
        no_channels: str = "",
        browser_zone: str = "",
    ) -> None:
        shown = subscription or OverviewSubscription()
        initial = {
            "hour": shown.hour,
            "kind": shown.kind,
            "channel": shown.address,
            "time_zone": browser_zone or "UTC",
        }
        super().__init__(data, initial=initial)
        self.names, self.no_channels = dict(channels), no_channels
        kinds = [(Kind.EMAIL, f"By e-mail to {user.email}")]
        if channels:
            kinds.append((Kind.SLACK, "To a Slack channel"))
        self._choose("kind", kinds)
        self._choose("channel", [("", "Choose a channel"), *channels])
        if user.time_zone:
            del self.fields["time_zone"]
        else:
            zones = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
            self._choose("time_zone", [(zone, zone) for zone in zones])

    def _choose(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needs_channel = cleaned.get("kind") == Kind.SLACK and "channel" not in self.errors
        if needs_channel and not cleaned.get("channel"):
            self.add_error("channel", UNKNOWN_CHANNEL)
        return cleaned

    @property
    def wanted(self) -> dict[str, Any]:
        """As `subscribing.subscribe` takes it."""
        is_slack = self.cleaned_data["kind"] == Kind.SLACK
        channel = self.cleaned_data["channel"] if is_slack else ""
        return {
            "hour": self.cleaned_data["hour"],
            "kind": self.cleaned_data["kind"],
            "address": channel,
            "address_name": self.names.get(channel, ""),
        }
