"""That traffic was erased: the record stays, what it was about does not."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from teams.models import Project


class Erasure(models.Model):
    """One erasure, from the request to its end.

    subject: what it is about while it runs, and empty once it is over; digest: what stays of it
    (traces/erasing/subjects.py). counts: by noun how much is gone.
    """

    class Kind(models.TextChoices):
        USER = "user", "A user"
        SESSION = "session", "A session"
        TRACE = "trace", "A trace"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="erasures")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    subject = models.TextField(blank=True, default="")
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # The erasures of a project, newest first.
            models.Index(fields=["project", "-requested_at"], name="erasures_of_a_project"),
            # What is still to be done.
            models.Index(
                fields=["requested_at"],
                condition=models.Q(finished_at=None),
                name="erasures_to_go_on",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.uuid}"
