"""What the doors remember: creates that may be sent twice, how often somebody called, and files."""

from __future__ import annotations

import uuid

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
    """The project that a person let a program into; its tokens carry the id of the grant."""

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


class TraceExport(models.Model):
    """An export that the vendor's command line asked for: its filter, as it was sent. The file is
    made when it is fetched, so that it is ready at once."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    filter = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # The exports of a project, newest first.
            models.Index(fields=["project", "-created_at", "-id"], name="exports_newest_first"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class TraceImport(models.Model):
    """A file that the vendor's command line sends in parts, and how far it is stored.

    offset: bytes of it that are stored. lines: those before it, blank ones too.
    errors: [{"line": int, "error": str}, …], the first of them.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading"
        PROCESSING = "processing"
        PROCESSED = "processed"
        FAILED = "failed"
        CANCELED = "canceled"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    format = models.CharField(max_length=20, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADING)
    offset = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    lines_read = models.BigIntegerField(default=0)
    lines_refused = models.BigIntegerField(default=0)
    spans = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    errors = models.JSONField(default=list)
    detail = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # The imports of a project, newest first.
            models.Index(fields=["project", "-created_at", "-id"], name="imports_newest_first"),
        ]

    def __str__(self) -> str:
        return self.name


class TraceImportPart(models.Model):
    """A part of such a file, until it is stored."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    of = models.ForeignKey(TraceImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()  # counted from 1
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="a_part_of_a_file_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.of} part {self.number}"
