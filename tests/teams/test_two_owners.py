"""Of two owners who go at the same moment one stays, and an invitation lets in one of two."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from teams.models import Membership, Project, User
from teams.people import accounts, invitations, members
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = (ValidationError, accounts.CannotDelete, invitations.NoInvitation)


@pytest.fixture
def project() -> Project:
    return new_project()


def at_once(*acts: Callable[[], object]) -> int:
    """Do all at the same moment, each on its own connection; return how many were refused."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> bool:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            act()
        except REFUSED:
            return True
        finally:
            connection.close()
        return False

    with ThreadPoolExecutor(len(acts)) as pool:
        return sum(pool.map(run, acts))


def membership(project: Project, name: str) -> Membership:
    return member(project, "owner", f"{name}@example.org").memberships.get()


@pytest.mark.parametrize("times", range(5))
def test_two_owners_leave(project: Project, times: int) -> None:
    first, second = membership(project, "one"), membership(project, "two")
    now = timezone.now()
    refused = at_once(
        lambda: members.remove(first, by=first.user, now=now),
        lambda: members.remove(second, by=second.user, now=now),
    )
    assert refused == 1
    assert Membership.objects.get().role == "owner"


def test_one_owner_leaves_and_the_other_makes_themselves_less(project: Project) -> None:
    first, second = membership(project, "one"), membership(project, "two")
    now = timezone.now()
    refused = at_once(
        lambda: members.change_role(first, "viewer", by=first.user, now=now),
        lambda: accounts.delete(second.user, now),
    )
    assert refused == 1
    assert Membership.objects.filter(role="owner").count() == 1


@pytest.mark.parametrize("times", range(5))
def test_of_two_who_take_an_invitation_at_once_one_is_in(project: Project, times: int) -> None:
    now = timezone.now()
    given, _token = invitations.invite(project.team, "member", by=None, now=now)
    users = [User.objects.create_user(f"{name}@example.org") for name in ("one", "two")]
    refused = at_once(*(lambda user=user: invitations.accept(given, user, now) for user in users))
    assert refused == 1
    assert Membership.objects.count() == 1
