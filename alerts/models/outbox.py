"""The outbox: one row for each message that somebody is owed.

A row is written in the transaction of what it tells about, claimed with a lease by whoever sends
it, and kept with its outcome.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.models.channels import Kind
from teams.models import Project


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """Waiting for now, or claimed by somebody whose lease ran out; oldest first."""
        waiting = Q(state=Delivery.State.WAITING)
        lost = Q(state=Delivery.State.SENDING, lease_until__lt=now)
        return self.filter(waiting | lost, available_at__lte=now).order_by("available_at", "pk")

    def oldest_first(self) -> DeliveryQuerySet:
        return self.order_by("available_at", "pk")

    def with_contents(self) -> DeliveryQuerySet:
        """Read with each delivery what the message is made of, and whom it goes to."""
        return self.select_related(
            "user",
            "project",
            "firing__project",
            "firing__alert__signal__agent",
            "overview__subscription__user",
            "overview__subscription__project",
            "incident__project",
            "incident__signal",
            "alert",
        )

    def failed(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.FAILED)

    def to_channel(self, alert_id: int, kind: str, address: str) -> DeliveryQuerySet:
        """Return what an alert's firings sent to one Slack channel or webhook."""
        return self.filter(firing__alert=alert_id, kind=kind, address=address, notice="")

    def of_project(self, project_id: int) -> DeliveryQuerySet:
        return self.filter(project_id=project_id)


class Delivery(models.Model):
    """One message to one address: of a firing, of a daily overview, or of an incident.

    key: what makes it this message, so that it cannot be owed twice ("firing:17:email:4").
    notice: in the place of the firing: that a channel was paused, and why.
    retried_at: when a person asked for it once more, after it had failed.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"  # for good; `error` says why
        DROPPED = "dropped"  # nobody wants it any more; `error` says why

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deliveries")
    firing = models.ForeignKey(
        "alerts.Firing", on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    overview = models.ForeignKey(
        "alerts.Overview", on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    incident = models.ForeignKey(
        "alerts.Incident", on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    is_end = models.BooleanField(default=False)  # of an incident: says that it is over
    alert = models.ForeignKey(  # of an incident: the one that sleeps, to whose channel it goes
        "alerts.Alert", on_delete=models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    user = models.ForeignKey(  # whom an e-mail goes to
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    address = models.TextField()
    address_name = models.TextField(blank=True, default="")
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")  # of the last attempt, in words
    notice = models.TextField(blank=True, default="")
    retried_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(firing__isnull=False, overview=None, incident=None)
                | Q(firing=None, overview__isnull=False, incident=None)
                | Q(firing=None, overview=None, incident__isnull=False),
                name="a_delivery_is_of_one_firing_overview_or_incident",
            )
        ]
        indexes = [
            # What is due, oldest first.
            models.Index(
                fields=["available_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="deliveries_to_send",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def tried_since(self) -> datetime:
        return self.retried_at or self.created_at
