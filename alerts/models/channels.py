"""Where messages go: the people of the team by e-mail, a Slack channel, a webhook."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.db import models

from teams.models import Team


class Kind(models.TextChoices):
    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    WEBHOOK = "webhook", "Webhook"


class SlackConnection(models.Model):
    """One Slack workspace of a team, by a bot's token."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="slack")
    workspace_id = models.CharField(max_length=40)
    workspace = models.CharField(max_length=200)
    token_sealed = models.BinaryField()  # core.sealing
    broken_reason = models.TextField(blank=True, default="")  # in words: what Slack refused
    trouble_channel = models.CharField(max_length=40, blank=True, default="")  # of incidents
    trouble_channel_name = models.CharField(max_length=200, blank=True, default="")
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    connected_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.workspace} of {self.team}"


class Destination(models.Model):
    """Whom one alert tells, by one kind of channel.

    address: "" for e-mail (the whole team, less who muted), a channel's id for Slack, a URL for a
    webhook. secret_sealed: what the webhook's messages are signed with; for a day after it was
    replaced, the old secret signs as well.
    """

    alert = models.ForeignKey("alerts.Alert", on_delete=models.CASCADE, related_name="destinations")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    address = models.TextField(blank=True, default="")
    address_name = models.TextField(blank=True, default="")  # "#support" of a Slack channel
    secret_sealed = models.BinaryField(null=True, blank=True)
    old_secret_sealed = models.BinaryField(null=True, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.TextField(blank=True, default="")  # a dead channel, in words

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "kind"], name="an_alert_tells_each_kind_of_channel_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown_address}".strip()

    @property
    def shown_address(self) -> str:
        """For people: of a webhook the host alone, since its path may be a secret."""
        if self.kind == Kind.WEBHOOK:
            return urlsplit(self.address).netloc
        return self.address_name or self.address
