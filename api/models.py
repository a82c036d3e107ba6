"""What the doors remember: creates that may be sent twice, and how often somebody called."""

from __future__ import annotations

from django.db import models

from teams.models import Project


class IdempotentCall(models.Model):
    """The answer to a create that was sent with an Idempotency-Key, for those who send it again."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # of caller, address and body
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"], name="a_key_of_a_create_is_used_once"
            )
        ]
        indexes = [
            # What has been remembered long enough.
            models.Index(fields=["created_at"], name="calls_by_age"),
        ]

    def __str__(self) -> str:
        return self.key


class CallCount(models.Model):
    """How often somebody has called in a minute: one row for each key and person."""

    caller = models.CharField(max_length=40, primary_key=True)
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.caller


class OAuthGrant(models.Model):
    """The project that a person let a program into; her tokens carry the id of the grant."""

    grant_id = models.CharField(max_length=32, primary_key=True)  # of allauth
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.grant_id


class CacheEntry(models.Model):
    """Django's cache in the database: device codes and rate limits are for all web processes."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "api_cache"

    def __str__(self) -> str:
        return self.cache_key
