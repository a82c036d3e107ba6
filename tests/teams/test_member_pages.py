"""The page of members: roles, removal, leaving, handing over, and what each role is offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from alerts.models import AlertMute, OverviewSubscription
from signals_app.models import Signal
from teams import keys
from teams.models import ApiKey, Invitation, Membership, Project, Team, User
from teams.people import invitations
from tests.alerts.overview.days import subscribed
from tests.alerts.watched import alert_of
from tests.html import html_of
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db

Page = Callable[..., str]


@pytest.fixture
def url(project: Project) -> Page:
    return lambda name, *args: reverse(name, args=[project.slug, *args])


@pytest.fixture
def owner(client: Client, project: Project) -> User:
    """Signed in."""
    found = member(project, "owner", "olga@example.org")
    client.force_login(found)
    return found


@pytest.fixture
def run_queue() -> Callable[[], None]:
    """Do what was put into the queue, as a worker would."""

    def run() -> None:
        for row in OrmQ.objects.order_by("pk"):
            task = row.task
            import_string(task["func"])(*task["args"])
            row.delete()

    return run


def in_team(project: Project, role: str, name: str = "vic") -> Membership:
    return member(project, role, f"{name}@example.org").memberships.get()


def test_an_owner_sees_all_and_can_invite(
    client: Client, owner: User, project: Project, url: Page
) -> None:
    other = in_team(project, "admin")
    page = html_of(client.get(url("members")))
    for offered in ("member_invite", "hand_over"):
        assert url(offered) in page
    assert url("member_role", other.pk) in page
    assert url("member_remove", other.pk) in page
    assert "Invite somebody" in page


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_below_an_admin_one_sees_who_is_there_and_is_offered_to_leave(
    client: Client, project: Project, url: Page, role: str
) -> None:
    owner = in_team(project, "owner", "olga")
    client.force_login(in_team(project, role).user)
    invitations.invite(project.team, "member", by=None, now=timezone.now(), note="Wanda")
    page = html_of(client.get(url("members")))
    assert "olga@example.org" in page
    assert url("leave") in page
    assert "Wanda" not in page
    for refused in (url("member_invite"), url("hand_over"), url("member_remove", owner.pk)):
        assert refused not in page
        assert client.post(refused).status_code == 403
    assert client.post(url("member_role", owner.pk), {"role": "viewer"}).status_code == 403
    assert client.post(url("leave"))["Location"] == reverse("home")
    assert client.get(url("members")).status_code == 404


def test_an_admin_neither_touches_owners_nor_makes_them(
    client: Client, project: Project, url: Page
) -> None:
    owner, other = in_team(project, "owner", "olga"), in_team(project, "member")
    client.force_login(in_team(project, "admin", "ada").user)
    page = html_of(client.get(url("members")))
    assert url("member_role", owner.pk) not in page
    assert url("member_remove", owner.pk) not in page
    assert 'value="owner"' not in page
    assert client.get(url("member_remove", owner.pk)).status_code == 403
    assert client.post(url("member_role", owner.pk), {"role": "viewer"}).status_code == 403
    assert client.post(url("member_role", other.pk), {"role": "owner"}).status_code == 422
    assert client.get(url("hand_over")).status_code == 403
    response = client.post(url("member_invite"), {"way": "link", "role": "owner", "days": "7"})
    assert response.status_code == 422
    given, _token = invitations.invite(project.team, "owner", by=None, now=timezone.now())
    for name in ("invitation_link", "invitation_mail", "invitation_revoke"):
        assert client.post(url(name, given.uuid)).status_code == 403
    assert client.post(url("member_role", other.pk), {"role": "viewer"}).status_code == 302
    other.refresh_from_db()
    assert other.role == "viewer"


def test_the_last_owner_is_told_what_to_do_first(
    client: Client, owner: User, project: Project, url: Page
) -> None:
    page = html_of(client.get(url("members")))
    assert "You are its only owner" in page
    assert url("leave") not in page
    assert "You are the only owner" in html_of(client.get(url("leave")))
    response = client.post(url("leave"))
    assert response.status_code == 422
    own = owner.memberships.get()
    assert client.post(url("member_role", own.pk), {"role": "viewer"}).status_code == 422
    assert owner.memberships.get().role == "owner"


def test_a_removed_member_is_a_stranger_at_once_and_what_they_made_stays(
    client: Client, owner: User, project: Project, signal: Signal, url: Page
) -> None:
    other = in_team(project, "member")
    key, _secret = keys.issue(project, "theirs", other.user, now=timezone.now())
    kept, _secret = keys.issue(project, "mine", owner, now=timezone.now())
    Signal.objects.update(created_by=other.user)
    alert = alert_of(signal)
    AlertMute.objects.create(alert=alert, user=other.user)
    subscribed(project, other.user)
    asked = html_of(client.get(url("member_remove", other.pk)))
    assert "theirs" in asked
    assert key.shown in asked
    assert "mine" not in asked
    assert client.post(url("member_remove", other.pk)).status_code == 302
    assert list(ApiKey.objects.valid(timezone.now())) == [kept]
    assert not AlertMute.objects.exists()
    assert not OverviewSubscription.objects.filter(is_on=True).exists()
    assert Signal.objects.get().created_by == other.user
    client.force_login(other.user)
    assert client.get(url("signals")).status_code == 404
    assert client.get(reverse("home")).status_code == 200


def test_a_member_of_another_team_is_not_found(
    client: Client, owner: User, project: Project, url: Page
) -> None:
    elsewhere = Project.objects.create(team=Team.objects.create(name="T"), name="Theirs")
    stranger = in_team(elsewhere, "member", "stranger")
    assert client.get(url("member_remove", stranger.pk)).status_code == 404
    assert client.post(url("member_role", stranger.pk), {"role": "viewer"}).status_code == 404
    given, _token = invitations.invite(elsewhere.team, "member", by=None, now=timezone.now())
    assert client.post(url("invitation_revoke", given.uuid)).status_code == 404
    assert client.post(url("hand_over"), {"member": stranger.pk}).status_code == 422
    assert Membership.objects.filter(pk=stranger.pk, role="member").exists()


def test_a_team_is_handed_over(client: Client, owner: User, project: Project, url: Page) -> None:
    other = in_team(project, "viewer")
    assert "vic@example.org" in html_of(client.get(url("hand_over")))
    assert client.post(url("hand_over"), {"member": other.pk}).status_code == 302
    other.refresh_from_db()
    assert (other.role, owner.memberships.get().role) == ("owner", "admin")
    assert client.get(url("hand_over")).status_code == 403


def test_a_link_is_shown_once_and_the_list_says_for_whom_it_is(
    client: Client, owner: User, project: Project, url: Page
) -> None:
    form = {"way": "link", "note": "Wanda", "role": "member", "days": "7"}
    response = client.post(url("member_invite"), form)
    page = html_of(response)
    address = response.context["address"]
    assert address in page
    assert "no-store" in response["Cache-Control"]
    listed = html_of(client.get(url("members")))
    assert "Wanda" in listed
    assert address not in listed
    token = address.rstrip("/").rpartition("/")[2]
    assert invitations.find(token, timezone.now()).note == "Wanda"


def test_without_a_mail_server_nothing_claims_that_mail_was_sent(
    client: Client, owner: User, project: Project, url: Page, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = html_of(client.get(url("members")))
    assert "This server sends no mail." in page
    assert "By e-mail" not in page
    form = {"way": "mail", "email": "vic@example.org", "role": "member", "days": "7"}
    response = client.post(url("member_invite"), form)
    assert response.context["address"] in html_of(response)
    assert "Nothing was mailed" in html_of(response)
    given = Invitation.objects.get()
    assert (given.by_mail, given.email) == (False, "")
    bound, _t = invitations.invite(
        project.team, "member", by=owner, now=timezone.now(), email="vic@example.org"
    )
    said = html_of(client.post(url("invitation_mail", bound.uuid), follow=True))
    assert "cannot mail that invitation" in said


def test_an_invitation_by_mail_goes_to_its_address_and_is_shown_to_nobody(
    client: Client,
    owner: User,
    project: Project,
    url: Page,
    mailoutbox: list[Any],
    run_queue: Callable[[], None],
) -> None:
    form = {"way": "mail", "email": "vic@example.org", "role": "admin", "days": "7"}
    response = client.post(url("member_invite"), form, follow=True)
    assert "The invitation goes to vic@example.org." in html_of(response)
    assert "on its way" in html_of(response)
    run_queue()
    (letter,) = mailoutbox
    assert letter.to == ["vic@example.org"]
    address = next(line for line in letter.body.splitlines() if "/invite/" in line)
    assert address not in html_of(response)
    token = address.rstrip("/").rpartition("/")[2]
    assert invitations.find(token, timezone.now()).proves_address
    assert "mailed" in html_of(client.get(url("members")))


def test_a_revoked_invitation_is_not_mailed_any_more(
    client: Client,
    owner: User,
    project: Project,
    url: Page,
    mailoutbox: list[Any],
    run_queue: Callable[[], None],
) -> None:
    form = {"way": "mail", "email": "vic@example.org", "role": "admin", "days": "7"}
    client.post(url("member_invite"), form)
    given = Invitation.objects.get()
    assert "works no more" in html_of(client.get(url("invitation_revoke", given.uuid)))
    assert client.post(url("invitation_revoke", given.uuid)).status_code == 302
    run_queue()
    assert mailoutbox == []
    assert client.post(url("invitation_revoke", given.uuid)).status_code == 404


def test_a_mail_that_no_server_takes_is_said_beside_the_invitation(
    client: Client,
    owner: User,
    project: Project,
    url: Page,
    settings: Any,
    run_queue: Callable[[], None],
) -> None:
    settings.EMAIL_BACKEND = "core.mail.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    form = {"way": "mail", "email": "vic@example.org", "role": "member", "days": "7"}
    client.post(url("member_invite"), form)
    run_queue()
    assert "The mail server could not be reached" in html_of(client.get(url("members")))


BAD = [
    pytest.param({"way": "mail"}, "email", id="mail to nobody"),
    pytest.param({"email": "nobody"}, "email", id="no address"),
    pytest.param({"role": "king"}, "role", id="a role that does not exist"),
    pytest.param({"days": "365"}, "days", id="for a year"),
    pytest.param({"note": "a\x00b"}, "note", id="NUL"),
    pytest.param({"email": "olga@example.org"}, "email", id="a member"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_a_bad_choice_invites_nobody_and_says_why_at_its_field(
    client: Client, owner: User, url: Page, fields: dict[str, str], field: str
) -> None:
    form = {"way": "link", "role": "member", "days": "7"}
    response = client.post(url("member_invite"), form | fields)
    assert response.status_code == 422
    assert list(response.context["invite_form"].errors) == [field]
    assert not Invitation.objects.exists()


def test_wrong_methods_are_refused(
    client: Client, owner: User, project: Project, url: Page
) -> None:
    other = in_team(project, "member")
    assert client.post(url("members")).status_code == 405
    assert client.get(url("member_invite")).status_code == 405
    assert client.get(url("member_role", other.pk)).status_code == 405
