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
