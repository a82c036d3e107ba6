"""People and tenancy: users, teams, projects and the keys that traffic comes in with."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.text import slugify

KEY_PREFIX = "sk-signals-"
SHOWN_CHARS = len(KEY_PREFIX) + 6


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person, known by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    time_zone = models.CharField(max_length=64, blank=True, default="")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.email


class TeamQuerySet(models.QuerySet["Team"]):
    def writable_by(self, user: User) -> TeamQuerySet:
        """Return the teams in which the user may change things."""
        writers = Membership.objects.of_user(user).writers()
        return self.filter(pk__in=writers.values("team_id"))


_TeamManager = models.Manager.from_queryset(TeamQuerySet)


class TeamManager(_TeamManager["Team"]):
    """Finds teams that are not being deleted."""

    def get_queryset(self) -> TeamQuerySet:
        return TeamQuerySet(self.model, using=self._db).filter(deleted_at=None)


class Team(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, editable=False)  # teams.deleting
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects = TeamManager()
    with_deleted = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_user(self, user: User) -> MembershipQuerySet:
        return self.filter(user=user).select_related("team").order_by("team__name")

    def of_team(self, team_pk: int) -> MembershipQuerySet:
        return self.filter(team=team_pk).select_related("user").order_by("user__email")

    def writers(self) -> MembershipQuerySet:
        return self.exclude(role=Membership.Role.READER)


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        MEMBER = "member"
        READER = "reader"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="a_user_is_in_a_team_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "member", "reader"]),
                name="a_role_is_owner_member_or_reader",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"

    @property
    def can_write(self) -> bool:
        return self.role != self.Role.READER


class ProjectQuerySet(models.QuerySet["Project"]):
    def of(self, user: User) -> ProjectQuerySet:
        """Return the projects of every team that the user is a member of."""
        return self.filter(team__memberships__user=user).distinct()


_ProjectManager = models.Manager.from_queryset(ProjectQuerySet)


class ProjectManager(_ProjectManager["Project"]):
    """Finds projects that are not being deleted."""

    def get_queryset(self) -> ProjectQuerySet:
        return ProjectQuerySet(self.model, using=self._db).filter(deleted_at=None)


class Project(models.Model):
    """The tenant of data: traces, signals and keys belong to exactly one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)
    session_idle_s = models.PositiveIntegerField(
        null=True, blank=True, help_text="Seconds of quiet after which a session is judged."
    )
    is_demo = models.BooleanField(default=False)
    viewer_can_write = False  # set by teams.access for the person who asked
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, editable=False)  # teams.deleting

    objects = ProjectManager()
    with_deleted = ProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = free_slug(self.name)
        super().save(*args, **kwargs)


def free_slug(name: str) -> str:
    """Return a slug that no project has: the name, with a random tail when it is taken."""
    slug = slugify(name)[:100] or "project"
    if Project.objects.filter(slug=slug).exists():
        slug = f"{slug}-{secrets.token_hex(4)}"
    return slug


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
