"""Alerts, what they found, and the messages that tell people: each with its own state."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL

from alerts.decision.rule import COOLDOWNS_MIN, TRUE, WINDOWS, Comparison, Metric, Operator, Rule
from alerts.models.channels import Destination
from alerts.models.outbox import Delivery
from signals_app.models import Signal
from teams.models import Project, User


class SubqueryCount(Subquery):
    """How many rows another query has for each row of this one."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


class AlertQuerySet(models.QuerySet["Alert"]):
    def of_project(self, project_id: int) -> AlertQuerySet:
        return self.filter(project_id=project_id)

    def evaluated_every_minute(self) -> AlertQuerySet:
        """Return those that are on, whatever their signal's state; with signal and live version."""
        running = self.filter(state=Alert.State.ON, project__deleted_at=None)
        return running.select_related("signal__live_version", "project").order_by("pk")

    def not_yet_at(self, minute: datetime) -> AlertQuerySet:
        """Return those not evaluated at that minute or later. `seen`: which state of its row was
        read, so that a writer can tell whether anybody changed it since (PostgreSQL's xmin)."""
        due = self.filter(Q(evaluated_at=None) | Q(evaluated_at__lt=minute))
        return due.annotate(seen=RawSQL("alerts_alert.xmin::text", []))

    def of_signals(self, signal_ids: Iterable[int]) -> AlertQuerySet:
        """Return those of a signal's page: all but the archived."""
        return self.filter(signal__in=signal_ids).exclude(state=Alert.State.ARCHIVED)

    def with_firings(self, since: datetime) -> AlertQuerySet:
        """Add `last_fired`, and `firings_since` and `failed_since` that moment."""
        of_alert = Firing.objects.filter(alert=OuterRef("pk"))
        lately = of_alert.filter(at__gte=since)
        failed = lately.filter(deliveries__state=Delivery.State.FAILED)
        return self.annotate(
            last_fired=Subquery(of_alert.newest_first().values("at")[:1]),
            firings_since=SubqueryCount(lately),
            failed_since=SubqueryCount(failed),
        )

    def muted_by(self, user: User) -> AlertQuerySet:
        """Add `is_muted`."""
        return self.annotate(is_muted=_muted(user))

    def only_muted(self, user: User, is_muted: bool) -> AlertQuerySet:
        return self.filter(_muted(user)) if is_muted else self.exclude(_muted(user))

    def in_trouble(self) -> AlertQuerySet:
        """Return those that somebody must mend: the condition, or a channel that is paused."""
        paused = Destination.objects.filter(alert=OuterRef("pk"), paused_at__isnull=False)
        return self.filter(Q(standing=Alert.Standing.BROKEN) | Exists(paused))


def _muted(user: User) -> Exists:
    return Exists(AlertMute.objects.filter(alert=OuterRef("pk"), user=user))


class Alert(models.Model):
    """A condition on the counts of one signal, evaluated every minute.

    The fields from `evaluated_at` on are what the last evaluation left. Those named `rule_` would
    be the same words twice: `rule` puts the condition together.
    """

    class State(models.TextChoices):
        ON = "on"
        PAUSED = "paused"
        ARCHIVED = "archived"

    class Standing(models.TextChoices):
        """What the last evaluation said; the words of `decide.Verdict`, and three more."""

        NEW = "new", "Not evaluated yet"
        NOT_MET = "not_met", "Quiet"
        MET = "met", "Firing"
        HELD = "held", "Held back"
        NOT_EVALUABLE = "not_evaluable", "Not evaluable"
        ASLEEP = "asleep", "Asleep"
        BROKEN = "broken", "Needs an edit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alerts")
    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="alerts")
    name = models.CharField(max_length=100)
    metric = models.CharField(max_length=12, choices=[(m.value, m.value) for m in Metric])
    label = models.TextField(blank=True, default="")  # of value_count and value_share
    comparison = models.CharField(
        max_length=10,
        choices=[(c.value, c.value) for c in Comparison],
        default=Comparison.PCT_CHANGE.value,
    )
    operator = models.CharField(max_length=3, choices=[(o.value, o.value) for o in Operator])
    threshold = models.FloatField()  # its unit: alerts.decision.rule.Rule
    window = models.CharField(max_length=3, choices=[(name, name) for name in WINDOWS])
    min_labels = models.PositiveIntegerField(default=0)
    cooldown_min = models.PositiveSmallIntegerField(
        choices=[(m, str(m)) for m in COOLDOWNS_MIN], default=0
    )
    guard = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ON)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    evaluated_at = models.DateTimeField(null=True, blank=True)  # a whole minute
    standing = models.CharField(max_length=13, choices=Standing.choices, default=Standing.NEW)
    standing_reason = models.TextField(blank=True, default="")  # in words, where there is one
    value = models.FloatField(null=True, blank=True)
    baseline = models.FloatField(null=True, blank=True)
    labels = models.PositiveIntegerField(null=True, blank=True)
    labels_before = models.PositiveIntegerField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)  # both of decide.State
    fired_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "signal", "name"],
                condition=~Q(state="archived"),
                name="a_signals_alerts_differ_in_name",
            ),
            models.CheckConstraint(
                condition=Q(metric__in=["value_count", "value_share"]) ^ Q(label=""),
                name="a_label_is_watched_exactly_by_value_metrics",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gt=float("-inf"), threshold__lt=float("inf")),
                name="a_threshold_is_a_number",
            ),
        ]
        indexes = [
            # The alerts of a project's page, and of a signal's.
            models.Index(fields=["project", "state", "name"], name="alerts_of_a_project"),
            # The pass of every minute.
            models.Index(fields=["id"], condition=Q(state="on"), name="alerts_that_are_on"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> Rule:
        return Rule(
            metric=Metric(self.metric),
            comparison=Comparison(self.comparison),
            operator=Operator(self.operator),
            threshold=self.threshold,
            window=WINDOWS[self.window],
            label=self.label,
            min_labels=self.min_labels,
            cooldown=timedelta(minutes=self.cooldown_min),
            guard=self.guard,
        )


class FiringQuerySet(models.QuerySet["Firing"]):
    def of_project(self, project_id: int) -> FiringQuerySet:
        return self.filter(project_id=project_id)

    def newest_first(self) -> FiringQuerySet:
        return self.order_by("-at", "-id")


class Firing(models.Model):
    """That an alert's condition was true, with the numbers that made it so, kept as they were.

    Written in the transaction that writes its deliveries, before anything is sent.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="firings")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="firings")
    at = models.DateTimeField()  # the minute at which the window ends
    # The condition at that moment: an edit of the alert changes no past firing.
    metric = models.CharField(max_length=12)
    label = models.TextField(blank=True, default="")
    comparison = models.CharField(max_length=10)
    operator = models.CharField(max_length=3)
    threshold = models.FloatField()
    window = models.CharField(max_length=3)
    value = models.FloatField()
    baseline = models.FloatField(null=True)
    change_pct = models.FloatField(null=True)
    labels = models.PositiveIntegerField()
    labels_before = models.PositiveIntegerField(null=True)
    version_note = models.TextField(blank=True, default="")  # that a version began in the window
    created_at = models.DateTimeField()

    objects = FiringQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "at"], name="an_alert_fires_once_a_minute")
        ]
        indexes = [
            # The history of an alert, and how often it fired of late.
            models.Index(fields=["alert", "-at"], name="firings_of_an_alert"),
            # What a project's overview of a day counts.
            models.Index(fields=["project", "at"], name="firings_of_a_project"),
        ]

    def __str__(self) -> str:
        return f"{self.alert} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def start(self) -> datetime:
        """The window is [start, at)."""
        return self.at - WINDOWS[self.window]

    @property
    def watched(self) -> str:
        """The label whose hits counted; "" for volume."""
        return TRUE if self.metric == Metric.TRUE_RATE else self.label


class AlertMute(models.Model):
    """One person who does not want this alert's e-mail."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="mutes")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_mutes"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "user"], name="an_alert_is_muted_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} mutes {self.alert}"
