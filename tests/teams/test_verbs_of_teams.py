"""Projects, keys and members through the functions that every door calls."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from teams import keys, projects
from teams.access import project_for
from teams.models import ApiKey, Membership, Project, Team, User
from teams.people import members
from teams.roles import Right

pytestmark = pytest.mark.django_db

Role = Membership.Role


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Alice's")


@pytest.fixture
def alice(team: Team) -> User:
    user = User.objects.create_user("alice@example.org")
    Membership.objects.create(team=team, user=user, role=Role.OWNER)
    return user


@pytest.fixture
def bob(team: Team) -> User:
    user = User.objects.create_user("bob@example.org")
    Membership.objects.create(team=team, user=user, role=Role.VIEWER)
    return user


@pytest.fixture
def charlie() -> User:
    return User.objects.create_user("charlie@example.org")


@pytest.fixture
def project(team: Team) -> Project:
    return Project.objects.create(team=team, name="Shop")


def test_a_project_is_made_by_who_may_change_the_team(team: Team, alice: User, bob: User) -> None:
    assert projects.create(team, " Shop ", alice).name == "Shop"
    with pytest.raises(ValidationError) as refused:
        projects.create(team, "", bob)
    assert set(refused.value.message_dict) == {"team", "name"}
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "  ", "session_idle_s": None}),
        ("name", {"name": "x" * 101, "session_idle_s": None}),
        ("name", {"name": "a\x00", "session_idle_s": None}),
        ("session_idle_s", {"name": "Shop", "session_idle_s": 0}),
        ("session_idle_s", {"name": "Shop", "session_idle_s": 604_801}),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_at_its_field(
    project: Project, field: str, values: dict[str, object]
) -> None:
    with pytest.raises(ValidationError) as refused:
        projects.change(project, **values)  # type: ignore[arg-type]
    assert list(refused.value.message_dict) == [field]
    project.refresh_from_db()
    assert (project.name, project.session_idle_s) == ("Shop", None)


def test_a_project_keeps_its_address_when_it_is_renamed(project: Project) -> None:
    projects.change(project, name="Market", session_idle_s=90)
    found = Project.objects.get(slug="shop")
    assert (found.name, found.session_idle_s) == ("Market", 90)


def test_a_key_needs_a_name(project: Project, alice: User) -> None:
    for name in ("", "  ", "x" * 101, "a\x00b", "a\ud800", "a\nb"):
        with pytest.raises(ValidationError) as refused:
            keys.issue(project, name, alice, now=timezone.now())
        assert list(refused.value.message_dict) == ["name"]
    key, secret = keys.issue(project, "production", alice, now=timezone.now())
    assert (key.created_by, secret.startswith(key.shown)) == (alice, True)


def test_the_last_owner_can_neither_go_nor_become_less(team: Team, alice: User, bob: User) -> None:
    now = timezone.now()
    hers, his = (Membership.objects.get(team=team, user=user) for user in (alice, bob))
    for refused in (
        lambda: members.remove(hers, now=now),
        lambda: members.change_role(hers, Role.MEMBER, now=now),
    ):
        with pytest.raises(ValidationError, match="needs an owner"):
            refused()
    members.change_role(his, Role.OWNER, now=now)
    members.remove(hers, now=now)
    assert [each.user for each in members.of_team(team)] == [bob]


def test_nobody_is_taken_in_twice_or_with_a_role_that_does_not_exist(
    team: Team, bob: User, charlie: User
) -> None:
    with pytest.raises(ValidationError, match="in this team already"):
        members.add(team, bob, Role.MEMBER)
    with pytest.raises(ValidationError) as refused:
        members.add(team, charlie, "king")
    assert list(refused.value.message_dict) == ["role"]
    assert members.add(team, charlie, Role.MEMBER).may(Right.WRITE)


def test_a_person_reaches_a_project_of_the_own_team_as_the_role_allows(
    project: Project, alice: User, bob: User, charlie: User
) -> None:
    assert project_for(alice, "shop", write=True) == project
    assert not project_for(bob, "shop").viewer_can_write
    with pytest.raises(PermissionDenied):
        project_for(bob, "shop", write=True)
    for slug, user in (("shop", charlie), ("nowhere", alice)):
        with pytest.raises(Http404):
            project_for(user, slug)


def test_a_key_reaches_its_own_project_until_it_is_revoked(
    project: Project, team: Team, alice: User
) -> None:
    key: ApiKey = keys.issue(project, "ci", alice, now=timezone.now())[0]
    projects.create(team, "Other", alice)
    assert project_for(key, "shop", write=True) == project
    with pytest.raises(Http404):
        project_for(key, "other")
    keys.revoke(key, timezone.now())
    with pytest.raises(Http404):
        project_for(key, "shop")
