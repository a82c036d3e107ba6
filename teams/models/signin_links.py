"""Links that sign a person in, of which the table knows the hash alone."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from teams.models.users import User


class SignInLinkQuerySet(models.QuerySet["SignInLink"]):
    def open(self, now: datetime) -> SignInLinkQuerySet:
        """Return the links that still sign somebody in, with their people."""
        mine = self.filter(used_at=None, expires_at__gt=now, user__is_active=True)
        return mine.select_related("user")


class SignInLink(models.Model):
    """A link that works once. seal: changes with the password, and ends the link with it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    seal = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = SignInLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"a link for {self.user}"
