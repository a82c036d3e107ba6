"""Making an account with an invitation: the link lets in, and its address counts as it came."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from teams.models import Invitation, Membership, Project, Team, User
from teams.people import invitations
from tests.html import html_of
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-one"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture(autouse=True)
def olga(project: Project) -> User:
    """The owner: somebody has come first."""
    return member(project, "owner", "olga@example.org")


def invited(project: Project, **more: Any) -> str:
    olga = User.objects.get(email="olga@example.org")
    return invitations.invite(project.team, "viewer", by=olga, now=timezone.now(), **more)[1]


def says_yes(client: Client, token: str) -> None:
    response = client.post(reverse("invitation_sign_up", args=[token]))
    assert response["Location"] == reverse("account_signup")


def sign_up(client: Client, email: str) -> Any:
    return client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD})


def is_in(client: Client, email: str) -> bool:
    user = User.objects.filter(email=email).first()
    return user is not None and client.session.get("_auth_user_id") == str(user.pk)


def test_without_a_mail_server_the_link_alone_lets_in(
    client: Client, project: Project, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = CONSOLE
    says_yes(client, invited(project))
    assert f"You join {project.team.name} as viewer." in " ".join(
        html_of(client.get(reverse("account_signup"))).split()
    )
    sign_up(client, "vic@example.org")
    assert is_in(client, "vic@example.org")
    assert Membership.objects.get(user__email="vic@example.org").role == "viewer"
    assert client.get("/")["Location"] == f"/p/{project.slug}/signals/"
    assert Team.objects.count() == 1, "no team of their own"
    assert not EmailAddress.objects.filter(email="vic@example.org", verified=True).exists()


def test_with_a_mail_server_the_address_must_be_confirmed_before_one_is_in(
    client: Client, project: Project
) -> None:
    says_yes(client, invited(project))
    sign_up(client, "vic@example.org")
    assert not is_in(client, "vic@example.org")
    EmailAddress.objects.update(verified=True)
    client.post(reverse("account_login"), {"login": "vic@example.org", "password": PASSWORD})
    assert is_in(client, "vic@example.org")
    assert Membership.objects.get(user__email="vic@example.org").team == project.team
    assert Team.objects.count() == 1


def test_an_invitation_that_came_by_mail_confirms_the_address(
    client: Client, project: Project
) -> None:
    says_yes(client, invited(project, email="vic@example.org", by_mail=True))
    assert 'value="vic@example.org"' in html_of(client.get(reverse("account_signup")))
    sign_up(client, "vic@example.org")
    assert is_in(client, "vic@example.org")
    assert EmailAddress.objects.get(email="vic@example.org").verified
    assert Membership.objects.filter(user__email="vic@example.org").exists()


def test_an_invitation_for_an_address_makes_no_account_with_another(
    client: Client, project: Project
) -> None:
    says_yes(client, invited(project, email="vic@example.org", by_mail=True))
    response = sign_up(client, "eve@example.org")
    assert "The invitation is for vic@example.org." in html_of(response)
    assert not User.objects.filter(email="eve@example.org").exists()
    assert Invitation.objects.waiting().exists()


def test_a_link_for_an_address_that_was_shown_waits_until_that_is_confirmed(
    client: Client, project: Project
) -> None:
    says_yes(client, invited(project, email="vic@example.org"))
    sign_up(client, "vic@example.org")
    assert not is_in(client, "vic@example.org")
    assert Invitation.objects.waiting().exists()
    EmailAddress.objects.update(verified=True)
    client.post(reverse("account_login"), {"login": "vic@example.org", "password": PASSWORD})
    assert Membership.objects.get(user__email="vic@example.org").team == project.team
    assert not Invitation.objects.waiting().exists()
    assert Team.objects.count() == 1


def test_one_that_was_used_meanwhile_makes_no_account(client: Client, project: Project) -> None:
    token = invited(project)
    says_yes(client, token)
    other = User.objects.create_user("fast@example.org")
    invitations.accept(invitations.find(token, timezone.now()), other, timezone.now())
    sign_up(client, "vic@example.org")
    assert not User.objects.filter(email="vic@example.org").exists()
    assert "by invitation" in html_of(client.get(reverse("account_signup")))


def test_a_visit_without_an_invitation_makes_no_account(client: Client) -> None:
    sign_up(client, "vic@example.org")
    assert not User.objects.filter(email="vic@example.org").exists()
