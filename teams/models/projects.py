"""Projects, the tenants of data."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.db import models
from django.utils.text import slugify

from teams.models.teams import Team
from teams.models.users import User


class ProjectQuerySet(models.QuerySet["Project"]):
    def of(self, user: User) -> ProjectQuerySet:
        """Return the projects of every team that the user is a member of."""
        return self.filter(team__memberships__user=user, team__deleted_at=None).distinct()


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
    viewer_can_write = False  # these three are set by teams.access for whoever asked
    viewer_can_manage = False
    viewer_can_own = False
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, editable=False)  # teams.deletion
    kept_until = models.DateTimeField(null=True, editable=False)  # it may be restored until then

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
    if Project.with_deleted.filter(slug=slug).exists():
        slug = f"{slug}-{secrets.token_hex(4)}"
    return slug
