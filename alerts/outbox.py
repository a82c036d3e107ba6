"""The outbox: one row for each message that somebody is owed.

A row is written in the transaction of what it tells about, claimed with a lease by whoever sends
it, and kept with its outcome.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.channels import Kind
from teams.models import Project


class Delivery(models.Model):
    """One message to one address: of a firing, or of a daily overview.

    key: what makes it this message, so that it cannot be owed twice ("firing:17:email:4").
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

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(firing__isnull=False) ^ Q(overview__isnull=False),
                name="a_delivery_is_of_a_firing_or_of_an_overview",
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
