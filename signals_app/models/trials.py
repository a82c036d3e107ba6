"""Trials: a question tried on a few recent targets. Nothing of it is a label, nothing counts.

A trial keeps its own copy of what was asked, because it may never have been saved.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from teams.models import Project
from traces.models import Agent


class Trial(models.Model):
    """A question and the targets it is tried on. `labels` is as in SignalVersion.labels."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"
        STOPPED = "stopped"  # by the judge, which would refuse every further target

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="trials")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    # Both are empty while the form that is tried was never saved.
    signal = models.ForeignKey(
        "signals_app.Signal", on_delete=models.CASCADE, null=True, blank=True, related_name="trials"
    )
    version = models.ForeignKey(
        "signals_app.SignalVersion", on_delete=models.CASCADE, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    before = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="after"
    )  # the trial on the very same targets that this one is compared with
    scope = models.CharField(max_length=7)
    type = models.CharField(max_length=6)
    prompt = models.TextField()
    labels = models.JSONField()
    endpoint = models.ForeignKey(
        "signals_app.JudgeEndpoint", on_delete=models.CASCADE, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    judge_model = models.CharField(max_length=200, blank=True, default="")  # as of a version
    template = models.CharField(max_length=40, blank=True, default="")
    start = models.DateTimeField()
    end = models.DateTimeField()
    asked_for = models.PositiveSmallIntegerField()  # how many targets were wished for
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    stopped_reason = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # The trials of a signal's dialog, newest first.
            models.Index(fields=["signal", "-created_at"], name="trials_of_a_signal"),
            # The pruning of old ones.
            models.Index(fields=["created_at"], name="trials_by_age"),
        ]

    def __str__(self) -> str:
        return f"trial {self.uuid}"

    @property
    def label_names(self) -> list[str]:
        return [label["name"] for label in self.labels]

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING


class TrialResult(models.Model):
    """One target of a trial; `outcome` is empty until the judge has answered.

    `wanted` is the label that a person says is right, where that is not the judge's.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="results")
    position = models.PositiveSmallIntegerField()  # 0 is the newest target
    target = models.UUIDField()
    span_id = models.BigIntegerField(default=0)
    revision = models.SmallIntegerField(default=1)
    target_time = models.DateTimeField()
    outcome = models.CharField(max_length=8, blank=True, default="")
    label = models.TextField(null=True)
    explanation = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    reason_code = models.CharField(max_length=20, blank=True, default="")
    judge_name = models.TextField(blank=True, default="")  # as in Classification
    judge_model = models.TextField(blank=True, default="")
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    cut_chars = models.IntegerField(default=0)
    wanted = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "target", "span_id"], name="a_target_is_in_a_trial_once"
            )
        ]
        ordering = ["position"]
