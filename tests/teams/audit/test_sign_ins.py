"""The audit log knows who came in, who tried to, and what people change of their accounts."""

from __future__ import annotations

import pytest
from django.test import Client

from teams.models import AuditEntry, Project, User
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db

PASSWORD = "a very long passphrase"


@pytest.fixture
def person(project: Project) -> User:
    user = member(project)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, email: str, password: str) -> None:
    client.post("/accounts/login/", {"login": email, "password": password})


def last() -> AuditEntry:
    return AuditEntry.objects.newest_first()[0]


def test_a_sign_in_says_who_and_from_where(client: Client, person: User, project: Project) -> None:
    sign_in(client, person.email, PASSWORD)
    entry = last()
    assert (entry.action, entry.email) == ("account.signed_in", person.email)
    assert (entry.address, entry.door) == ("127.0.0.1", "page")
    assert entry.after == {"by": "account_login"}
    assert entry.team == project.team.uuid


def test_a_failed_one_is_in_the_log_of_the_team_and_nobodys_deed(
    client: Client, person: User, project: Project
) -> None:
    sign_in(client, person.email, "guessed wrong")
    entry = last()
    assert (entry.action, entry.thing) == ("account.sign_in_failed", person.email)
    assert (entry.email, entry.team) == ("", project.team.uuid)


def test_one_of_nobody_is_for_the_operator_alone(client: Client) -> None:
    sign_in(client, "nobody@example.org", "guessed")
    assert (last().thing, last().team) == ("nobody@example.org", None)


def test_what_is_no_address_may_be_a_password_and_is_not_kept() -> None:
    Client().login(email="hunter2", password="x")
    assert last().thing == "(no address)"


def test_somebody_of_two_teams_stands_in_both_logs(client: Client, person: User) -> None:
    other = new_project()
    other.team.memberships.create(user=person, role="member")
    sign_in(client, person.email, PASSWORD)
    entries = AuditEntry.objects.filter(action="account.signed_in")
    assert len({entry.team for entry in entries}) == len(entries) == 2


def test_a_changed_password_and_a_sign_out_are_told(client: Client, person: User) -> None:
    sign_in(client, person.email, PASSWORD)
    new = "another long passphrase"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert (last().action, last().email) == ("account.password_changed", person.email)
    client.post("/accounts/logout/")
    assert (last().action, last().email) == ("account.signed_out", person.email)
    assert PASSWORD not in str(list(AuditEntry.objects.values()))
