"""Invitations by their verbs: who may make one, and who may take it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.utils import timezone

from teams.models import Invitation, Membership, Team, User
from teams.people import invitations, members
from teams.people.invitations import CannotAccept, NoInvitation
from teams.roles import Role

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Crew")


@pytest.fixture
def person(team: Team) -> Callable[..., User]:
    """Make somebody with an account: of the team, where a role is given."""

    def make(name: str, role: str = "", verified: bool | None = None) -> User:
        user = User.objects.create_user(f"{name}@example.org")
        if role:
            Membership.objects.create(team=team, user=user, role=role)
        if verified is not None:
            EmailAddress.objects.create(
                user=user, email=user.email, primary=True, verified=verified
            )
        return user

    return make


def made(team: Team, by: User, role: str = "member", **more: Any) -> tuple[Invitation, str]:
    return invitations.invite(team, role, by=by, now=NOW, **more)


def test_whoever_has_the_link_joins_with_the_role_and_only_once(
    team: Team, person: Callable[..., User]
) -> None:
    invitation, token = made(team, person("olga", "owner"), "viewer")
    found = invitations.find(token, NOW)
    assert found == invitation
    joined = invitations.accept(found, person("vic"), NOW)
    assert (joined.team, joined.role) == (team, Role.VIEWER)
    with pytest.raises(NoInvitation, match="was used or revoked"):
        invitations.find(token, NOW)
    with pytest.raises(NoInvitation):
        invitations.accept(found, person("walt"), NOW)
    assert Membership.objects.filter(team=team).count() == 2


def test_the_token_is_not_in_the_database(team: Team, person: Callable[..., User]) -> None:
    invitation, token = made(team, person("olga", "owner"))
    row = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert not any(token in str(value) for value in row.values())
    assert len(bytes(row["digest"])) == 32


@pytest.mark.parametrize("token", ["", "x" * 43, "x" * 10_000, "a\x00b", "é\ud800"])
def test_a_token_that_nobody_made_opens_nothing(token: str) -> None:
    with pytest.raises(NoInvitation):
        invitations.find(token, NOW)


def test_after_its_days_it_says_whom_to_ask(team: Team, person: Callable[..., User]) -> None:
    _invitation, token = made(team, person("olga", "owner"), days=1)
    assert invitations.find(token, NOW + timedelta(hours=23))
    with pytest.raises(NoInvitation, match="Ask olga@"):
        invitations.find(token, NOW + timedelta(days=1))


def test_an_invitation_into_a_deleted_team_opens_nothing(
    team: Team, person: Callable[..., User]
) -> None:
    invitation, token = made(team, person("olga", "owner"))
    Team.objects.update(deleted_at=NOW)
    with pytest.raises(NoInvitation):
        invitations.find(token, NOW)
    with pytest.raises(NoInvitation):
        invitations.accept(invitation, person("vic"), NOW)


@pytest.mark.parametrize(
    ("own", "gives"),
    [
        ("owner", ["owner", "admin", "member", "viewer"]),
        ("admin", ["admin", "member", "viewer"]),
        ("member", []),
        ("viewer", []),
        ("", []),
    ],
    ids=["an owner", "an admin", "a member", "a viewer", "a stranger"],
)
def test_who_may_invite_as_what(
    team: Team, person: Callable[..., User], own: str, gives: list[str]
) -> None:
    by = person("ada", own)
    for role in Role.values:
        if role in gives:
            assert made(team, by, role)[0].role == role
            continue
        with pytest.raises(ValidationError) as refused:
            made(team, by, role)
        assert list(refused.value.message_dict) == ["role"]


BAD = [
    pytest.param({"role": "king"}, "role", id="a role that does not exist"),
    pytest.param({"email": "nobody"}, "email", id="no address"),
    pytest.param({"email": "olga@example.org"}, "email", id="a member's address"),
    pytest.param({"by_mail": True}, "email", id="by mail to nobody"),
    pytest.param({"note": "x" * 101}, "note", id="a long note"),
    pytest.param({"note": "a\x00b"}, "note", id="a note with NUL"),
    pytest.param({"days": 365}, "days", id="for a year"),
]


@pytest.mark.parametrize(("given", "field"), BAD)
def test_what_makes_no_sense_is_refused_at_its_field(
    team: Team, person: Callable[..., User], given: dict[str, Any], field: str
) -> None:
    by = person("olga", "owner")
    with pytest.raises(ValidationError) as refused:
        invitations.invite(team, given.pop("role", "member"), by=by, now=NOW, **given)
    assert list(refused.value.message_dict) == [field]
    assert not Invitation.objects.exists()


def test_an_address_is_invited_once_until_that_is_revoked(
    team: Team, person: Callable[..., User]
) -> None:
    by = person("olga", "owner")
    first, _token = made(team, by, email=" Vic@Example.org ")
    assert first.email == "vic@example.org"
    with pytest.raises(ValidationError, match="is invited already"):
        made(team, by, email="vic@example.org")
    invitations.revoke(first, NOW)
    assert made(team, by, email="vic@example.org")


def test_a_revoked_one_opens_nothing(team: Team, person: Callable[..., User]) -> None:
    invitation, token = made(team, person("olga", "owner"))
    invitations.revoke(invitation, NOW)
    with pytest.raises(NoInvitation):
        invitations.find(token, NOW)
    with pytest.raises(NoInvitation):
        invitations.revoke(invitation, NOW)


def test_a_new_link_works_as_long_as_the_first_which_is_dead(
    team: Team, person: Callable[..., User]
) -> None:
    olga = person("olga", "owner")
    invitation, first = made(team, olga, days=1)
    later = NOW + timedelta(days=5)
    second = invitations.new_link(invitation, by=olga, now=later)
    with pytest.raises(NoInvitation):
        invitations.find(first, later)
    assert invitations.find(second, later + timedelta(hours=23)) == invitation
    with pytest.raises(NoInvitation):  # found before another link was made
        invitations.accept(invitation, person("vic"), later)


def test_one_for_an_address_is_not_for_others(team: Team, person: Callable[..., User]) -> None:
    _invitation, token = made(team, person("olga", "owner"), email="vic@example.org")
    found = invitations.find(token, NOW)
    with pytest.raises(CannotAccept, match="This invitation is for vic@"):
        invitations.accept(found, person("eve", verified=True), NOW)
    assert invitations.accept(found, person("vic", verified=True), NOW)


def test_a_link_that_was_shown_does_not_prove_an_address(
    team: Team, person: Callable[..., User]
) -> None:
    """Whoever made it has seen it, and could make an account with that address."""
    invitation, _token = made(team, person("olga", "owner"), email="vic@example.org")
    with pytest.raises(CannotAccept, match="have not confirmed"):
        invitations.accept(invitation, person("vic", verified=False), NOW)


def test_a_link_that_came_by_mail_proves_the_address(
    team: Team, person: Callable[..., User]
) -> None:
    vic = person("vic", verified=False)
    invitation, _token = made(team, person("olga", "owner"), email=vic.email, by_mail=True)
    invitations.accept(invitation, vic, NOW)
    assert EmailAddress.objects.get(user=vic).verified


def test_a_further_confirmed_address_is_as_good(team: Team, person: Callable[..., User]) -> None:
    vic = person("vic", verified=True)
    EmailAddress.objects.create(user=vic, email="victor@example.org", verified=True)
    invitation, _token = made(team, person("olga", "owner"), email="victor@example.org")
    assert invitations.accept(invitation, vic, NOW)


def test_who_is_in_already_leaves_it_for_somebody_else(
    team: Team, person: Callable[..., User]
) -> None:
    olga = person("olga", "owner")
    invitation, token = made(team, olga, "viewer")
    with pytest.raises(CannotAccept, match="a member of Crew already"):
        invitations.accept(invitation, olga, NOW)
    assert Membership.objects.get(user=olga).role == Role.OWNER
    assert invitations.find(token, NOW)


def test_what_somebody_offered_dies_with_their_right_to_offer_it(
    team: Team, person: Callable[..., User]
) -> None:
    olga, ada = person("olga", "owner"), person("ada", "owner")
    high, low = made(team, ada, "owner")[1], made(team, ada, "viewer")[1]
    mine = Membership.objects.get(user=ada)
    members.change_role(mine, "admin", by=olga, now=NOW)
    with pytest.raises(NoInvitation):
        invitations.find(high, NOW)
    assert invitations.find(low, NOW)
    members.change_role(mine, "member", by=olga, now=NOW)
    with pytest.raises(NoInvitation):
        invitations.find(low, NOW)


def test_with_a_member_go_the_invitations_that_they_made(
    team: Team, person: Callable[..., User]
) -> None:
    olga, ada = person("olga", "owner"), person("ada", "admin")
    theirs, others = made(team, ada)[1], made(team, olga)[1]
    members.remove(Membership.objects.get(user=ada), by=olga, now=NOW)
    with pytest.raises(NoInvitation):
        invitations.find(theirs, NOW)
    assert invitations.find(others, NOW)
