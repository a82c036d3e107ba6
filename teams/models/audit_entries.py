"""The audit log's table: who did what, from where. Rows are added and, after a year, deleted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of_team(self, team: UUID) -> AuditEntryQuerySet:
        """Return what happened in a team and in its projects, those that are gone included."""
        return self.filter(team=team)

    def of_project(self, project: UUID) -> AuditEntryQuerySet:
        return self.filter(project=project)

    def by(self, who: str) -> AuditEntryQuerySet:
        """Return what a person (by the address at the time) or a key (by its name) did."""
        return self.filter(models.Q(email__iexact=who) | models.Q(key_name=who))

    def within(self, begin: datetime, end: datetime) -> AuditEntryQuerySet:
        return self.filter(at__gte=begin, at__lt=end)

    def newest_first(self) -> AuditEntryQuerySet:
        return self.order_by("-at", "-pk")


class AuditEntry(models.Model):
    """One thing that somebody did. It refers to nothing: it outlives the person, the thing and the
    project, and says their names as they were. A trigger refuses every change of a row."""

    at = models.DateTimeField()
    door = models.CharField(max_length=10)
    address = models.CharField(max_length=200, blank=True)
    user_id = models.BigIntegerField(null=True)
    email = models.CharField(max_length=254, blank=True)
    key = models.CharField("key's uuid", max_length=36, blank=True)
    key_name = models.CharField(max_length=100, blank=True)
    program = models.CharField(max_length=200, blank=True)
    team = models.UUIDField(null=True)
    team_name = models.CharField(max_length=100, blank=True)
    project = models.UUIDField(null=True)
    project_name = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    thing_id = models.CharField(max_length=64, blank=True)
    thing = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [
            # The page of a team's log.
            models.Index(fields=["team", "-at", "-id"], name="audit_of_team"),
            # The operator's list, and the daily deletion of what is a year old.
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.thing}".strip()

    @property
    def who(self) -> str:
        """Who did it, in words."""
        return self.email or self.key_name or ("a stranger" if self.address else "Signals")
