"""Teams, and who is in them with which role."""

from __future__ import annotations

import uuid

from django.db import models

from teams.models.users import User
from teams.roles import Right, Role, may, roles_with


class TeamQuerySet(models.QuerySet["Team"]):
    def of(self, user: User, right: Right = Right.READ) -> TeamQuerySet:
        """Return the teams in which the user has a right."""
        mine = Membership.objects.filter(user=user).having(right)
        return self.filter(pk__in=mine.values("team_id"))


_TeamManager = models.Manager.from_queryset(TeamQuerySet)


class TeamManager(_TeamManager["Team"]):
    """Finds teams that are not being deleted."""

    def get_queryset(self) -> TeamQuerySet:
        return TeamQuerySet(self.model, using=self._db).filter(deleted_at=None)


class Team(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, editable=False)  # teams.deletion
    kept_until = models.DateTimeField(null=True, editable=False)  # it may be restored until then
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects = TeamManager()
    with_deleted = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_user(self, user: User) -> MembershipQuerySet:
        mine = self.filter(user=user, team__deleted_at=None)
        return mine.select_related("team").order_by("team__name")

    def of_team(self, team_pk: int) -> MembershipQuerySet:
        return self.filter(team=team_pk).select_related("user").order_by("user__email")

    def having(self, right: Right) -> MembershipQuerySet:
        """Return those whose role has a right."""
        return self.filter(role__in=roles_with(right))


class Membership(models.Model):
    """A person in a team, with a role."""

    Role = Role

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="a_user_is_in_a_team_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "admin", "member", "viewer"]),
                name="a_role_is_owner_admin_member_or_viewer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"

    def may(self, right: Right) -> bool:
        """Say whether the person has a right in the team."""
        return may(self.role, right)
