"""How long a project keeps what."""

from __future__ import annotations

from django.db import models

from teams.models import Project


class Retention(models.Model):
    """Days after which something goes; empty: it stays, or goes as RETENTION_DAYS says.

    swept_at: when all that was too old had gone, of late. cursors: how far a sweep is that was cut
    short, by what goes.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="retention")
    traces_days = models.PositiveIntegerField(null=True, blank=True)
    texts_days = models.PositiveIntegerField(null=True, blank=True)
    labels_days = models.PositiveIntegerField(null=True, blank=True)
    explanations_days = models.PositiveIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField()
    swept_at = models.DateTimeField(null=True, blank=True)
    cursors = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"retention of {self.project}"
