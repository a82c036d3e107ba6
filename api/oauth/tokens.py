"""What an access token opens: one project, with rights never above its person's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from api.models import OAuthGrant
from teams import access, audit
from teams.keys import MAX_KEY_CHARS, NoEntry
from teams.models import Project, User

READ, WRITE = "read", "write"
SCOPES = (READ, WRITE)
#: Clients register themselves; those that nobody let in are forgotten.
UNUSED_FOR = timedelta(days=7)

ONLY_READ = "You let this program read only. Connect it again, and let it write."
NO_RIGHTS = "This token may neither read nor write. Connect again, and ask for the scope read."
NO_PROJECT = "This token was given for no project, or for one that is gone. Connect again."
OTHER_RESOURCE = "This token was given for another server."


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a token acts for, and where; program: which it was given to, as it calls itself."""

    project: Project
    user: User
    program: str


def opened_by(secret: str, slug: str, writes: bool) -> Opened | None:
    """Return what a token opens, None where it is no token of ours or has expired.

    slug: of the project that is asked for, "" for the token's own. Raises NoEntry, and
    PermissionDenied where writing is asked for and not allowed.
    """
    if len(secret) > MAX_KEY_CHARS or not secret.isascii():
        return None
    tokens = Token.objects.valid().by_value(secret).select_related("user", "client")
    token = tokens.filter(type=Token.Type.ACCESS_TOKEN).first()
    if token is None or token.user is None or not token.user.is_active:
        return None
    _check_resources(token)
    project = _project_of(token)
    if slug and slug != project.slug:
        raise NoEntry(NO_PROJECT)
    opened = access.project_for(token.user, project.slug, write=writes)
    if WRITE not in token.get_scopes():
        if READ not in token.get_scopes():
            raise NoEntry(NO_RIGHTS)
        if writes:
            raise PermissionDenied(ONLY_READ)
        opened.viewer_can_write = False
    opened.viewer_can_manage = opened.viewer_can_own = False  # programs never do
    return Opened(opened, token.user, token.client.name)


@transaction.atomic
def grant(grant_id: str, project: Project, client_id: str, now: datetime) -> None:
    """Note which project a grant is for; its tokens and those that refresh them know its id."""
    _grant, is_new = OAuthGrant.objects.get_or_create(
        grant_id=grant_id, defaults={"project": project, "created_at": now}
    )
    if is_new:
        program = Client.objects.filter(pk=client_id).first()
        name = program.name if program else client_id
        audit.record(
            "program.let_in", kind="program", thing=name, thing_id=grant_id, project=project
        )


def is_ours(resource: str) -> bool:
    """Say whether a resource (RFC 8707) is at this server."""
    return resource.rstrip("/") == settings.BASE_URL or resource.startswith(settings.BASE_URL + "/")


def prune(now: datetime) -> None:
    """Forget tokens that have expired, grants without a token, and clients nobody let in."""
    Token.objects.filter(expires_at__lte=now).delete()
    alive = Token.objects.exclude(data__grant_id=None).values_list("data__grant_id", flat=True)
    old = OAuthGrant.objects.filter(created_at__lt=now - timedelta(days=1))
    old.exclude(grant_id__in=[each for each in alive if each]).delete()
    unused = Client.objects.filter(Q(data__dcr=True), created_at__lt=now - UNUSED_FOR)
    unused.filter(token=None).delete()


def _check_resources(token: Token) -> None:
    resources = token.get_resources()
    if resources and not any(map(is_ours, resources)):
        raise NoEntry(OTHER_RESOURCE)


def _project_of(token: Token) -> Project:
    grants = OAuthGrant.objects.select_related("project")
    given = grants.filter(grant_id=token.get_grant_id() or "", project__deleted_at=None).first()
    if given is None:
        raise NoEntry(NO_PROJECT)
    return given.project
