"""The members of a team are there without a project, too."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from teams.models import Invitation, Membership, Team, User
from teams.people import invitations
from teams.roles import Role
from tests.html import html_of
from tests.test_strangers import OF_A_TEAM_ALONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Bare crew")


def joined(team: Team, role: str, email: str) -> Membership:
    user = User.objects.create_user(email)
    return Membership.objects.create(team=team, user=user, role=role)


def signed_in(client: Client, team: Team, role: str) -> Client:
    client.force_login(joined(team, role, f"{role}@example.org").user)
    return client


def test_your_teams_leads_to_the_members(client: Client, team: Team) -> None:
    signed_in(client, team, "viewer")
    url = reverse("team_members", args=[team.uuid])
    assert f'href="{url}"' in html_of(client.get(reverse("teams")))
    page = html_of(client.get(url))
    assert "viewer@example.org" in page
    assert "Invite somebody" not in page


def test_an_owner_invites_and_revokes_there(client: Client, team: Team) -> None:
    signed_in(client, team, "owner")
    sent = {"role": "member", "days": "7", "note": "Bo", "way": "link"}
    made = client.post(reverse("team_member_invite", args=[team.uuid]), sent)
    invitation = Invitation.objects.get(team=team)
    page = html_of(made)
    assert "/invite/" in page
    assert "Bare crew" in page
    args = [team.uuid, invitation.uuid]
    assert "/invite/" in html_of(client.post(reverse("team_invitation_link", args=args)))
    assert "Revoke the invitation" in html_of(
        client.get(reverse("team_invitation_revoke", args=args))
    )
    client.post(reverse("team_invitation_revoke", args=args))
    assert not Invitation.objects.waiting().filter(team=team).exists()


def test_an_owner_changes_roles_removes_and_hands_over_there(client: Client, team: Team) -> None:
    signed_in(client, team, "owner")
    one, two = (joined(team, "member", f"{name}@example.org") for name in "ab")
    members = reverse("team_members", args=[team.uuid])
    answer = client.post(
        reverse("team_member_role", args=[team.uuid, one.pk]), {"role": Role.ADMIN}
    )
    assert answer["Location"] == members
    remove = reverse("team_member_remove", args=[team.uuid, two.pk])
    assert "Bare crew" in html_of(client.get(remove))
    assert client.post(remove)["Location"] == members
    hand_over = reverse("team_hand_over", args=[team.uuid])
    assert client.post(hand_over, {"member": one.pk})["Location"] == members
    leave = reverse("team_leave", args=[team.uuid])
    assert "Leave Bare crew?" in html_of(client.get(leave))
    client.post(leave)
    left = Membership.objects.filter(team=team).values_list("user__email", "role")
    assert list(left) == [("a@example.org", "owner")]


def test_strangers_find_none_of_these_pages_and_members_change_nothing(
    client: Client, team: Team
) -> None:
    other = joined(team, "member", "other@example.org")
    invitation, _token = invitations.invite(team, "viewer", by=None, now=timezone.now())
    urls: dict[str, str] = {}
    for name in OF_A_TEAM_ALONE:
        more: list[Any] = [invitation.uuid] if "invitation" in name else []
        more = [other.pk] if name in ("team_member_role", "team_member_remove") else more
        urls[name] = reverse(name, args=[team.uuid, *more])
    for name, url in urls.items():
        assert client.post(url)["Location"].startswith(reverse("account_login")), name
    signed_in(client, Team.objects.create(name="Ours"), "owner")
    for name, url in urls.items():
        found = {client.get(url).status_code, client.post(url).status_code}
        assert found in ({404}, {404, 405}), name
    signed_in(client, team, "member")
    for name, url in urls.items():
        if name not in ("team_members", "team_leave"):
            assert client.post(url).status_code == 403, name
