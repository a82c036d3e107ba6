from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a part of the worker last said that it is alive; pages and incidents read it."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()


class Lease(models.Model):
    """Who does the work of that name alone, and until when unless it is renewed."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.UUIDField()
    until = models.DateTimeField()


class Backup(models.Model):
    """A backup that was due (runner/backups). file: its name in BACKUP_DIR; size: of it, in bytes.

    Begun when `finished_at` is empty; failed when `trouble` says why.
    """

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    file = models.TextField(blank=True, default="")
    size = models.BigIntegerField(null=True)
    trouble = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.file or f"backup of {self.started_at}"


class CounterValue(models.Model):
    """What was counted under a name and label values, by all processes (core/metrics)."""

    pk = models.CompositePrimaryKey("name", "labels")
    name = models.CharField(max_length=80)
    labels = models.CharField(max_length=200)  # values, a line each
    value = models.FloatField()
