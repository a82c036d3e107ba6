"""The page that the link of an invitation opens."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from teams.models import Invitation, Membership, Project, User
from teams.people import invitations
from tests.html import html_of
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(project: Project) -> str:
    olga = member(project, "owner", "olga@example.org")
    return invitations.invite(project.team, "viewer", by=olga, now=timezone.now())[1]


def page_of(token: str) -> str:
    return reverse("invitation", args=[token])


def test_looking_uses_nothing_up(client: Client, token: str) -> None:
    for method in (client.head, client.get, client.get):
        assert method(page_of(token)).status_code == 200
    assert Invitation.objects.waiting().exists()


def test_it_says_who_invites_into_what_and_offers_an_account(client: Client, token: str) -> None:
    response = client.get(page_of(token))
    page = html_of(response)
    assert "olga@example.org invites you to join as viewer" in " ".join(page.split())
    assert "Make an account and join" in page
    assert "no-store" in response["Cache-Control"]
    signed_in = f"{reverse('account_login')}?next=%2Finvite%2F{token}%2F"
    assert signed_in in page


def test_whoever_is_signed_in_joins_by_a_button(
    client: Client, token: str, project: Project
) -> None:
    user = User.objects.create_user("vic@example.org")
    client.force_login(user)
    assert "Join as vic@example.org" in html_of(client.get(page_of(token)))
    assert client.get(reverse("invitation_join", args=[token])).status_code == 405
    joined = client.post(reverse("invitation_join", args=[token]))
    assert joined["Location"] == f"/p/{project.slug}/signals/"
    assert Membership.objects.get(user=user).role == "viewer"
    assert client.get(page_of(token)).status_code == 404
    again = client.post(reverse("invitation_join", args=[token]), follow=True)
    assert "lets nobody in" in html_of(again)


def test_who_may_not_take_it_is_told_why_and_offered_to_sign_out(
    client: Client, project: Project
) -> None:
    for_wanda = invitations.invite(
        project.team, "viewer", by=None, now=timezone.now(), email="wanda@example.org"
    )[1]
    client.force_login(User.objects.create_user("vic@example.org"))
    page = html_of(client.get(page_of(for_wanda)))
    assert "This invitation is for wanda@example.org." in page
    assert "Join as" not in page
    refused = client.post(reverse("invitation_join", args=[for_wanda]), follow=True)
    assert "This invitation is for wanda@example.org." in html_of(refused)
    assert not Membership.objects.filter(user__email="vic@example.org").exists()


def test_a_stranger_cannot_join_without_an_account(client: Client, token: str) -> None:
    response = client.post(reverse("invitation_join", args=[token]))
    assert response["Location"].startswith(reverse("account_login"))
    assert Invitation.objects.waiting().exists()


def test_names_are_escaped(client: Client, project: Project) -> None:
    project.team.name = "<script>alert(1)</script>"
    project.team.save()
    token = invitations.invite(project.team, "viewer", by=None, now=timezone.now())[1]
    assert "<script>alert" not in html_of(client.get(page_of(token)))
