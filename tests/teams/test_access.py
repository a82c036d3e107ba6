from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from teams.access import get_project
from teams.models import Membership, Project, User

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


def test_a_reader_may_look_but_not_change(project: Project) -> None:
    request = request_of(project, "reader")
    assert get_project(request, project.slug).viewer_can_write is False
    with pytest.raises(PermissionDenied, match="does not let you change"):
        get_project(request, project.slug, write=True)


@pytest.mark.parametrize("role", ["owner", "member"])
def test_a_member_may_change(project: Project, role: str) -> None:
    assert get_project(request_of(project, role), project.slug, write=True) == project
