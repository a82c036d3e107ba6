"""What an access token opens: one project, never more than its person may, for every door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Client, Token
from django.utils import timezone

from api.models import OAuthGrant
from api.oauth import tokens
from teams.models import Membership, Project
from tests.api.oauth.granted import token
from tests.api.rest.calling import Caller
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db

BOTH = ("read", "write")
NEW_SIGNAL = {"agent": "nobody"}


def rights(secret: str, **query: Any) -> tuple[int, str]:
    """Status and rights of whoami."""
    answer = Caller(secret).get("/me", **query)
    return answer.status_code, answer.json().get("rights") or answer.json()["message"]


def test_a_token_acts_for_its_person_in_the_project_of_its_grant(project: Project) -> None:
    secret = token(member(project), project, BOTH)
    answer = Caller(secret).get("/me").json()
    assert (answer["user"], answer["rights"]) == ("ada@example.org", "write")
    assert answer["project"]["slug"] == project.slug
    assert rights(secret, project=project.slug) == (200, "write")


def test_a_token_opens_no_other_project_of_its_person(project: Project) -> None:
    user = member(project)
    other = new_project("Other")
    Membership.objects.create(team=other.team, user=user, role="owner")
    assert rights(token(user, project, BOTH), project=other.slug)[0] == 401


@pytest.mark.parametrize(
    ("role", "scopes", "expected", "status"),
    [
        ("owner", BOTH, "write", 422),
        ("member", ("read",), "read", 403),
        ("viewer", BOTH, "read", 403),
        ("viewer", ("read",), "read", 403),
    ],
)
def test_rights_are_those_of_the_person_and_of_the_grant_together(
    project: Project, role: str, scopes: tuple[str, ...], expected: str, status: int
) -> None:
    secret = token(member(project, role), project, scopes)
    assert rights(secret) == (200, expected)
    assert Caller(secret).post("/signals", NEW_SIGNAL).status_code == status


def test_who_has_left_the_team_has_left_her_tokens_behind(project: Project) -> None:
    member(project, "owner", "owner@example.org")
    user = member(project)
    secret = token(user, project, BOTH)
    Membership.objects.filter(user=user).delete()
    assert rights(secret)[0] == 404


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "not known"),
        ({"type": Token.Type.REFRESH_TOKEN}, "not known"),
        ({"user": None}, "not known"),
        ({"scopes": "openid"}, "neither read nor write"),
        ({"resources": ["https://elsewhere.example/mcp"]}, "another server"),
    ],
    ids=["expired", "to refresh", "of nobody", "without rights", "of another server"],
)
def test_what_is_no_token_for_this_server_opens_nothing(
    project: Project, changes: dict[str, Any], why: str
) -> None:
    status, said = rights(token(member(project), project, BOTH, **changes))
    assert status == 401
    assert why in said


def test_a_token_of_somebody_who_was_locked_out_opens_nothing(project: Project) -> None:
    user = member(project)
    secret = token(user, project, BOTH)
    user.is_active = False
    user.save()
    assert rights(secret)[0] == 401


def test_a_token_for_no_project_says_to_connect_again(project: Project) -> None:
    status, said = rights(token(member(project), None, BOTH))
    assert (status, "Connect again" in said) == (401, True)


def test_what_has_expired_is_forgotten_and_what_is_used_stays(project: Project) -> None:
    user, now = member(project), timezone.now()
    token(user, project, BOTH)
    Client.objects.create(name="Never let in", data={"dcr": True})
    Client.objects.update(created_at=now - timedelta(days=8))
    OAuthGrant.objects.update(created_at=now - timedelta(days=8))
    tokens.prune(now)
    assert Client.objects.count() == 1
    assert OAuthGrant.objects.count() == 1
    tokens.prune(now + timedelta(days=2))
    assert (Token.objects.count(), OAuthGrant.objects.count()) == (0, 0)


@pytest.mark.parametrize("secret", ["", "\x00", "ü", "x" * 10_000, "ey.a.b", "null"])
def test_strange_secrets_are_refused(project: Project, secret: str) -> None:
    assert Caller(secret).get("/me").status_code == 401
