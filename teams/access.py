"""The one access door: who asks for a project, and what may they do there?"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from teams.keys import READ_ONLY_KEY, why_closed
from teams.models import ApiKey, Membership, Project, User


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in, as every view gets it that does not say otherwise:
    LoginRequiredMiddleware lets nobody else in."""

    user: User


READ_ONLY = "You can look at this project, but your role does not let you change it."


def get_project(request: HttpRequest, slug: str, write: bool = False) -> Project:
    """Return the project if the signed-in user is a member of its team.

    Raises Http404 for strangers and unknown slugs alike, and PermissionDenied for
    a reader who asks to write.
    """
    assert isinstance(request.user, User), "LoginRequiredMiddleware lets nobody else in"
    project = project_for(request.user, slug, write)
    remember(request, slug)
    return project


def project_for(asking: User | ApiKey, slug: str, write: bool = False) -> Project:
    """Return the project of that address if the person is in its team, or the key is its own.

    Raises Http404 for strangers and unknown addresses alike, and PermissionDenied where writing
    is asked for and not allowed. A key that is revoked or expired opens nothing.
    """
    if isinstance(asking, ApiKey):
        if asking.project.slug != slug:
            raise Http404
        return project_of(asking, write)
    membership = (
        Membership.objects.filter(
            user=asking, team__projects__slug=slug, team__projects__deleted_at=None
        )
        .select_related("team")
        .first()
    )
    if membership is None:
        raise Http404
    if write and not membership.can_write:
        raise PermissionDenied(READ_ONLY)
    project = Project.objects.select_related("team").get(slug=slug)
    project.viewer_can_write = membership.can_write
    return project


def project_of(key: ApiKey, write: bool = False) -> Project:
    """Return the project of a key, for doors whose addresses name none.

    Raises Http404 for a key that opens nothing, and PermissionDenied where writing is asked for
    and the key may read only.
    """
    project = key.project
    is_closed = why_closed(key.revoked_at is not None, key.expires_at, timezone.now())
    if is_closed or project.deleted_at is not None:
        raise Http404
    if write and not key.can_write:
        raise PermissionDenied(READ_ONLY_KEY)
    project.viewer_can_write = key.can_write
    return project


def last_seen_project(request: SignedInRequest) -> Project | None:
    """Return the project that the person saw last, else the first one, the demo before others."""
    mine = Project.objects.of(request.user).order_by("-is_demo", "pk")
    return mine.filter(slug=request.session.get("project", "")).first() or mine.first()


def remember(request: HttpRequest, slug: str) -> None:
    """Remember where the next visit begins; a request by key has no session."""
    session = getattr(request, "session", None)
    if session is not None and session.get("project") != slug:
        session["project"] = slug
