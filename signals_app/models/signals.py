"""Signals, their versions, and the changes of their state."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.models import Project
from traces.models import Agent


class Scope(models.TextChoices):
    SPAN = "span"
    TRACE = "trace"
    SESSION = "session"


class Sentiment(models.TextChoices):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Source(models.TextChoices):
    LIVE = "live"
    RUN = "run"


class Outcome(models.TextChoices):
    LABELLED = "labelled"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"


class ReasonCode(models.TextChoices):
    """Why there is no label, where that is counted by itself; most reasons are words alone."""

    CANNOT_TELL = "cannot_tell", "Cannot tell"  # the transcript does not show it, says the judge


class Signal(models.Model):
    """A classifier in plain language, for one agent at one scope."""

    class State(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        PAUSED = "paused"
        ARCHIVED = "archived"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="signals")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="signals")
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=7, choices=Scope.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    paused_reason = models.TextField(blank=True, default="")  # in words, when not by a person
    template = models.CharField(max_length=40, blank=True, default="")
    salt = models.CharField(max_length=64, blank=True, default="")  # "" means the agent's
    live_version = models.ForeignKey(
        "SignalVersion", on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "agent", "name"],
                condition=~Q(state="archived"),
                name="an_agents_signals_differ_in_name",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(live_version__isnull=False),
                name="an_active_signal_has_a_version",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def sampling_salt(self) -> str:
        return self.salt or self.agent.uuid.hex


class SignalVersion(models.Model):
    """What the judge is asked. Never changed: an edit makes the next number.

    labels: [{"name": str, "sentiment": Sentiment, "meaning": str}, …]; a binary
    signal has exactly "true" and "false".
    """

    class Type(models.TextChoices):
        BINARY = "binary"
        STRING = "string"

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    type = models.CharField(max_length=6, choices=Type.choices)
    prompt = models.TextField()
    labels = models.JSONField()
    sample_rate = models.FloatField()
    # Which judge is asked: one of the project's, else a model of the environment's, else what is
    # the project's default at that moment.
    endpoint = models.ForeignKey(
        "signals_app.JudgeEndpoint", on_delete=models.RESTRICT, null=True, blank=True,
        related_name="versions",
    )  # fmt: skip
    judge_model = models.CharField(max_length=200, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["signal", "number"], name="a_version_has_one_number"),
            models.CheckConstraint(
                condition=Q(sample_rate__gt=0, sample_rate__lte=1),
                name="a_sample_rate_is_above_0_and_at_most_1",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signal} v{self.number}"

    @property
    def label_names(self) -> list[str]:
        return [label["name"] for label in self.labels]

    def sentiment_of(self, label: str) -> str:
        sentiments = {entry["name"]: entry["sentiment"] for entry in self.labels}
        return str(sentiments.get(label, Sentiment.NEUTRAL))


class StateChange(models.Model):
    """One change of a signal's state, written in the transaction that made it."""

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="state_changes")
    by = models.ForeignKey(  # nobody: the judge refused, and the signal paused itself
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    at = models.DateTimeField()
    from_state = models.CharField(max_length=8, choices=Signal.State.choices)
    to_state = models.CharField(max_length=8, choices=Signal.State.choices)
    reason = models.TextField(blank=True, default="")
    dropped = models.PositiveIntegerField(default=0)  # waiting targets that nobody judges now

    class Meta:
        # The history of a signal, newest first.
        indexes = [models.Index(fields=["signal", "-at", "-id"], name="history_of_a_signal")]

    def __str__(self) -> str:
        return f"{self.signal}: {self.from_state} to {self.to_state}"
