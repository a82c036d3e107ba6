from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from teams.access import get_project, get_team, project_for
from teams.models import ApiKey, Membership, Project, User
from teams.roles import Right

pytestmark = pytest.mark.django_db


def request_of(project: Project, role: str | None):
    request = RequestFactory().get("/")
    request.user = User.objects.create_user("ada@example.org")
    if role:
        Membership.objects.create(team=project.team, user=request.user, role=role)
    return request


@pytest.mark.parametrize("write", [False, True], ids=["to look", "to change"])
def test_a_stranger_finds_nothing(project: Project, write: bool) -> None:
    with pytest.raises(Http404):
        get_project(request_of(project, None), project.slug, write=write)


def test_a_project_that_is_not_there_looks_the_same_as_one_of_strangers(project: Project) -> None:
    with pytest.raises(Http404):
        get_project(request_of(project, "owner"), "no-such-project")


def test_a_viewer_may_look_but_not_change(project: Project) -> None:
    request = request_of(project, "viewer")
    assert get_project(request, project.slug).viewer_can_write is False
    with pytest.raises(PermissionDenied, match="does not let you change"):
        get_project(request, project.slug, write=True)


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_a_member_may_change(project: Project, role: str) -> None:
    assert get_project(request_of(project, role), project.slug, write=True) == project


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_owners_and_admins_may_manage(project: Project, role: str) -> None:
    found = get_project(request_of(project, role), project.slug, manage=True)
    assert found.viewer_can_manage
    assert found.viewer_can_own == (role == "owner")


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_below_an_admin_nobody_manages(project: Project, role: str) -> None:
    request = request_of(project, role)
    assert not get_project(request, project.slug).viewer_can_manage
    with pytest.raises(PermissionDenied, match="owners and admins"):
        get_project(request, project.slug, manage=True)


def test_no_key_manages(project: Project) -> None:
    key, _secret = ApiKey.objects.issue(project, "writes")
    assert not project_for(key, project.slug, write=True).viewer_can_manage
    with pytest.raises(PermissionDenied, match="No key may do that"):
        project_for(key, project.slug, manage=True)


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("admin", 403), ("member", 403), ("viewer", 403)]
)
def test_a_team_is_found_by_its_members_with_the_right(
    project: Project, role: str, status: int
) -> None:
    request = request_of(project, role)
    assert get_team(request, project.team.uuid) == project.team
    if status == 200:
        assert get_team(request, project.team.uuid, Right.OWN) == project.team
        return
    with pytest.raises(PermissionDenied, match="Only an owner"):
        get_team(request, project.team.uuid, Right.OWN)


def test_a_stranger_finds_no_team(project: Project) -> None:
    with pytest.raises(Http404):
        get_team(request_of(project, None), project.team.uuid)
