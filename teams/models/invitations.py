"""Invitations into a team, each of them used once."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from teams.models.teams import Team
from teams.models.users import User
from teams.roles import Role


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> InvitationQuerySet:
        """Return those that nobody took or revoked, also those that have run out."""
        return self.filter(accepted_at=None, revoked_at=None)

    def good(self, now: datetime) -> InvitationQuerySet:
        """Return those that somebody may still take, into teams that are there."""
        return self.waiting().filter(expires_at__gt=now, team__deleted_at=None)

    def of_team(self, team_pk: int) -> InvitationQuerySet:
        """Return the waiting ones of a team, newest first."""
        mine = self.waiting().filter(team=team_pk)
        return mine.select_related("created_by").order_by("-created_at", "-pk")


class Invitation(models.Model):
    """A link into a team with a role. Its token is kept as a hash.

    email: who alone may take it; "" means whoever has the link. note: for whom it is, in words.
    by_mail: the token goes to that address and is shown to nobody, so that whoever comes with it
    reads the mail of that address; else the link was shown, to be passed on. mailed_at: when a mail
    server took it; mail_error: why none did.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail address", blank=True, default="")
    note = models.CharField(max_length=100, blank=True, default="")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    by_mail = models.BooleanField(default=False)
    mail_error = models.CharField(max_length=300, blank=True, default="")
    mailed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=Q(accepted_at=None, revoked_at=None) & ~Q(email=""),
                name="an_address_is_invited_once_into_a_team",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "admin", "member", "viewer"]),
                name="an_invitation_has_a_role_of_a_team",
            ),
            models.CheckConstraint(
                condition=Q(by_mail=False) | ~Q(email=""),
                name="an_invitation_is_mailed_to_an_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.for_whom} into {self.team}"

    @property
    def for_whom(self) -> str:
        return self.email or self.note or "whoever has the link"

    @property
    def proves_address(self) -> bool:
        """Say whether whoever has the token reads the mail of `email`."""
        return self.by_mail
