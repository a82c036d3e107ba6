"""Signals, their versions, the queue of targets to judge, and what came of them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from signals_app.judge_state import JudgeEndpoint, PumpSlot
from signals_app.trials import Trial, TrialResult
from teams.models import Project
from traces.models import Agent

__all__ = ["JudgeEndpoint", "PumpSlot", "Trial", "TrialResult"]  # where Django looks for them


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
    judge_model = models.CharField(max_length=200, blank=True, default="")  # "" means the default
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


class Run(models.Model):
    """A manual run (backfill) of one version over a past window of target times."""

    class State(models.TextChoices):
        RUNNING = "running"  # targets are still being queued or judged
        DONE = "done"
        CANCELLED = "cancelled"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(SignalVersion, on_delete=models.CASCADE, related_name="runs")
    start = models.DateTimeField()
    end = models.DateTimeField()
    sample_rate = models.FloatField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    cursor = models.CharField(max_length=200, blank=True, default="")  # where queueing goes on
    queued_all = models.BooleanField(default=False)
    matched = models.PositiveIntegerField(default=0)
    queued = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)  # to be judged, as counted when it started
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)


class JudgeJob(models.Model):
    """One target waiting to be judged under one version; gone when its classification stands.

    `target` is the trace id, or the session's key; `span_id` is 0 unless the scope is span.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.BigIntegerField()  # GENERATED BY DEFAULT AS IDENTITY
    team_id = models.BigIntegerField()
    signal_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    agent_id = models.BigIntegerField()
    scope = models.CharField(max_length=7, choices=Scope.choices)
    target = models.UUIDField()
    span_id = models.BigIntegerField(default=0)
    revision = models.SmallIntegerField(default=1)
    target_time = models.DateTimeField()
    sample_rate = models.FloatField()
    source = models.CharField(max_length=4, choices=Source.choices)
    run_id = models.BigIntegerField(null=True)
    priority = models.SmallIntegerField(
        default=5
    )  # live 1, run 9, one more once it failed: the lower goes first
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    attempts = models.SmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        db_table = "judge_job"
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "version_id", "target", "span_id", "revision"],
                name="a_target_waits_once_under_a_version",
            )
        ]
        indexes = [
            # The pump's claim: teams take turns, live before runs, oldest first.
            models.Index(
                fields=["team_id", "priority", "available_at", "id"],
                condition=Q(lease_until__isnull=True),
                name="judge_job_to_claim",
            ),
            # The reaper of leases that ran out.
            models.Index(
                fields=["lease_until"],
                condition=Q(lease_until__isnull=False),
                name="judge_job_leased",
            ),
            # What waits for a signal or a run.
            models.Index(
                fields=["project_id", "signal_id", "run_id"], name="judge_job_of_a_signal"
            ),
        ]


class Classification(models.Model):
    """The outcome for one target under one version and revision.

    `counted_at` is the time under which it counts: the moment it was produced when
    live, its target's time when it comes from a run.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.BigIntegerField()  # GENERATED BY DEFAULT AS IDENTITY
    signal_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    agent_id = models.BigIntegerField()
    scope = models.CharField(max_length=7, choices=Scope.choices)
    target = models.UUIDField()
    span_id = models.BigIntegerField(default=0)
    revision = models.SmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    target_time = models.DateTimeField()
    source = models.CharField(max_length=4, choices=Source.choices)
    run_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    label = models.TextField(null=True)
    explanation = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")  # why there is no label, in words
    reason_code = models.CharField(max_length=20, blank=True, default="", db_default="")
    sample_rate = models.FloatField()
    judge_model = models.TextField(blank=True, default="")
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    cached_tokens = models.IntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    cut_chars = models.IntegerField(default=0)  # of the transcript, before the judge read it
    latency_ms = models.IntegerField(null=True)
    attempts = models.SmallIntegerField(default=1)
    created_at = models.DateTimeField()
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "classification"
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "version_id", "target", "span_id", "revision"],
                name="a_target_is_classified_once_under_a_version_and_revision",
            ),
            models.UniqueConstraint(
                fields=["project_id", "version_id", "target", "span_id"],
                condition=Q(is_current=True),
                name="one_classification_of_a_target_is_current",
            ),
            models.CheckConstraint(
                condition=Q(outcome="labelled", label__isnull=False)
                | (~Q(outcome="labelled") & Q(label__isnull=True)),
                name="a_label_stands_exactly_on_labelled_outcomes",
            ),
        ]
        indexes = [
            # A signal's table of targets, newest first.
            models.Index(
                fields=["project_id", "signal_id", "-counted_at", "-id"], name="labels_newest"
            ),
            # The same for one label, and "traces with this label".
            models.Index(
                fields=["project_id", "signal_id", "label", "-target_time"],
                name="labels_of_one_name",
            ),
            # The labels of one trace, span or session.
            models.Index(fields=["project_id", "target"], name="labels_of_a_target"),
            # How far a run is, what came of it, and how quick it was of late.
            models.Index(
                fields=["project_id", "run_id", "created_at"],
                include=["outcome", "label", "reason_code"],
                condition=Q(run_id__isnull=False),
                name="labels_of_a_run",
            ),
        ]

    @property
    def outcome_name(self) -> str:
        known = ReasonCode(self.reason_code) if self.reason_code else Outcome(self.outcome)
        return str(known.label)


class Remark(models.Model):
    """What a person or a program said of a target with a label of a signal: a score, by its id.

    No label of the judge: no count knows it.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.TextField()  # the sender's: sent again, it says it anew
    signal_id = models.BigIntegerField()
    scope = models.CharField(max_length=7, choices=Scope.choices)
    target = models.UUIDField()  # the trace id, or the session's key
    span_id = models.BigIntegerField(default=0)
    label = models.TextField()
    comment = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "remark"
        indexes = [
            # The remarks of a trace or a session, newest first.
            models.Index(fields=["project_id", "target", "-at"], name="remarks_of_a_target"),
        ]


class LabelCount(models.Model):
    """How many current classifications of one kind fall into one minute or hour of `counted_at`.

    Changed only in the transaction that inserts or supersedes classifications;
    `manage.py recount` rebuilds it. label is the reason's code ("" if it has none) unless the
    outcome is labelled.
    """

    class Grain(models.TextChoices):
        MINUTE = "m"
        HOUR = "h"

    pk = models.CompositePrimaryKey(
        "project_id", "signal_id", "grain", "bucket", "version_id", "source", "outcome", "label"
    )
    project_id = models.BigIntegerField()
    signal_id = models.BigIntegerField()
    grain = models.CharField(max_length=1, choices=Grain.choices)
    bucket = models.DateTimeField()
    version_id = models.BigIntegerField()
    source = models.CharField(max_length=4, choices=Source.choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    label = models.TextField()
    n = models.BigIntegerField()

    class Meta:
        db_table = "label_count"
