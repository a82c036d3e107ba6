"""The keys that programs come in with."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import Any

from django.db import models

from teams.models.projects import Project
from teams.models.users import User

KEY_PREFIX = "sk-signals-"
SHOWN_CHARS = len(KEY_PREFIX) + 6


class Rights(models.TextChoices):
    """What a key may do in its project; chosen when it is made, and never changed."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self, now: datetime) -> ApiKeyQuerySet:
        """Return the keys that open their project: neither revoked nor expired."""
        return self.filter(revoked_at=None).exclude(expires_at__lte=now)

    def newest_first(self) -> ApiKeyQuerySet:
        """Sort keys in use before revoked ones, each group newest first."""
        return self.order_by(models.F("revoked_at").desc(nulls_first=True), "-created_at")


class ApiKeyManager(models.Manager.from_queryset(ApiKeyQuerySet)):  # type: ignore[misc]
    def issue(
        self, project: Project, name: str, created_by: User | None = None, **fields: Any
    ) -> tuple[ApiKey, str]:
        """Make a key; return it and its secret, which is not stored and cannot be shown again.

        fields: rights, note and expires_at, as `teams.keys.issue` has checked them.
        """
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        key = self.create(
            project=project,
            name=name,
            shown=secret[:SHOWN_CHARS],
            digest=digest_of(secret),
            created_by=created_by,
            **fields,
        )
        return key, secret


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of a secret: it has 256 random bits, a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


class ApiKey(models.Model):
    """A secret that programs come in with, to one project; kept as a hash."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    note = models.CharField(max_length=200, blank=True, default="")
    rights = models.CharField(max_length=10, choices=Rights.choices, default=Rights.WRITE)
    shown = models.CharField(max_length=40, help_text="The first characters, to tell keys apart.")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rights__in=["read", "write"]),
                name="a_key_reads_or_reads_and_writes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown}…)"

    @property
    def can_write(self) -> bool:
        return self.rights == Rights.WRITE

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def revoke(self, now: datetime) -> None:
        self.revoked_at = now
        self.save(update_fields=["revoked_at"])
