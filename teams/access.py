"""The one access door: who asks for a project, and what may they do there?"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from teams.keys import READ_ONLY_KEY, why_closed
from teams.models import ApiKey, Membership, Project, Team, User
from teams.roles import REFUSALS, Right, Role, may


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in, as every view gets it that does not say otherwise:
    LoginRequiredMiddleware lets nobody else in."""

    user: User


#: A key may at most do what a member does: never what is about people, keys, judges or settings.
NOT_BY_KEY = (
    "No key may do that. Owners and admins of the team do it on the project's settings page."
)


def get_project(
    request: HttpRequest, slug: str, write: bool = False, manage: bool = False
) -> Project:
    """Return the project if the signed-in user is a member of its team.

    Raises Http404 for strangers and unknown slugs alike, and PermissionDenied, whose text is a
    sentence for a person, for a member whose role has not the right that is asked for.
    """
    assert isinstance(request.user, User), "LoginRequiredMiddleware lets nobody else in"
    project = project_for(request.user, slug, write, manage)
    remember(request, slug)
    return project


def project_for(
    asking: User | ApiKey, slug: str, write: bool = False, manage: bool = False
) -> Project:
    """Return the project of that address if the person is in its team, or the key is its own.

    Raises Http404 for strangers and unknown addresses alike, and PermissionDenied where a right
    is asked for that they have not. A key that is revoked or expired opens nothing.
    """
    if isinstance(asking, ApiKey):
        if asking.project.slug != slug:
            raise Http404
        return project_of(asking, write, manage)
    membership = (
        Membership.objects.filter(
            user=asking, team__projects__slug=slug, team__projects__deleted_at=None
        )
        .select_related("team")
        .first()
    )
    if membership is None:
        raise Http404
    refuse_without(membership, needed(write, manage))
    project = Project.objects.select_related("team").get(slug=slug)
    _set_rights(project, membership.role)
    return project


def get_team(request: HttpRequest, uuid: UUID, need: Right = Right.READ) -> Team:
    """Return the team if the signed-in user is in it.

    Raises Http404 for strangers and unknown teams alike, and PermissionDenied for a member whose
    role has not the right that is needed.
    """
    assert isinstance(request.user, User), "LoginRequiredMiddleware lets nobody else in"
    mine = Membership.objects.filter(user=request.user, team__uuid=uuid, team__deleted_at=None)
    membership = mine.select_related("team").first()
    if membership is None:
        raise Http404
    refuse_without(membership, need)
    return membership.team


def needed(write: bool, manage: bool) -> Right:
    """Return the right that a door asks for."""
    return Right.MANAGE if manage else Right.WRITE if write else Right.READ


def refuse_without(membership: Membership, need: Right) -> None:
    """Raise PermissionDenied, with a sentence for the person, where the role has not the right."""
    if not membership.may(need):
        raise PermissionDenied(REFUSALS[need])


def _set_rights(project: Project, role: str) -> None:
    """Set on the project what templates ask before they offer something."""
    project.viewer_can_write = may(role, Right.WRITE)
    project.viewer_can_manage = may(role, Right.MANAGE)
    project.viewer_can_own = may(role, Right.OWN)


def project_of(key: ApiKey, write: bool = False, manage: bool = False) -> Project:
    """Return the project of a key, for doors whose addresses name none.

    Raises Http404 for a key that opens nothing, and PermissionDenied where writing is asked for
    and the key may read only, or what no key may do.
    """
    project = key.project
    is_closed = why_closed(key.revoked_at is not None, key.expires_at, timezone.now())
    if is_closed or project.deleted_at is not None:
        raise Http404
    if manage:
        raise PermissionDenied(NOT_BY_KEY)
    if write and not key.can_write:
        raise PermissionDenied(READ_ONLY_KEY)
    _set_rights(project, Role.MEMBER if key.can_write else Role.VIEWER)
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
