"""The programs that a person has let in, and letting one in no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.idp.oidc.models import Token
from django.db import transaction

from api.models import OAuthGrant
from api.oauth.tokens import WRITE
from teams import audit
from teams.models import Project, User

NAMELESS = "a program without a name"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that acts for a person in one project. name: as it calls itself. until: its entry
    ends then, unless it renews it before."""

    grant_id: str
    name: str
    project: Project
    can_write: bool
    since: datetime
    until: datetime | None


def of_person(user: User) -> list[Program]:
    """Return the programs whose tokens are good, those let in last first."""
    by_grant: dict[str, list[Token]] = {}
    for token in Token.objects.valid().filter(user=user).select_related("client"):
        by_grant.setdefault(token.get_grant_id() or "", []).append(token)
    grants = OAuthGrant.objects.filter(grant_id__in=by_grant, project__deleted_at=None)
    newest_first = grants.select_related("project").order_by("-created_at", "grant_id")
    return [_program(grant, by_grant[grant.grant_id]) for grant in newest_first]


@transaction.atomic
def end(user: User, grant_id: str) -> bool:
    """Make the tokens of a grant open nothing from now on; return whether there were any."""
    tokens = Token.objects.filter(user=user, data__grant_id=grant_id).select_related("client")
    one = tokens.first()
    if one is None:
        return False
    given = OAuthGrant.objects.select_related("project__team").filter(grant_id=grant_id).first()
    audit.record(
        "program.ended",
        kind="program",
        thing=one.client.name or NAMELESS,
        thing_id=grant_id,
        project=given.project if given else None,
    )
    tokens.delete()
    OAuthGrant.objects.filter(grant_id=grant_id).delete()
    return True


def _program(grant: OAuthGrant, tokens: list[Token]) -> Program:
    ends = [token.expires_at for token in tokens]
    return Program(
        grant_id=grant.grant_id,
        name=tokens[0].client.name or NAMELESS,
        project=grant.project,
        can_write=any(WRITE in token.get_scopes() for token in tokens),
        since=grant.created_at,
        until=None if None in ends else max(ends),
    )
