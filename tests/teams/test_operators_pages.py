"""What the operator does on the admin site goes through the verbs, and asks before it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as CHOSEN
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.models import Delivery
from signals_app.models import JudgeJob, Run, Signal
from signals_app.runs import runs
from teams import keys
from teams.models import ApiKey, AuditEntry, Invitation, Membership, Project, Team, User
from teams.people import invitations
from tests.alerts.owed import connected, fire, new_alert
from tests.alerts.watched import delivery_of
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def staff(client: Client) -> User:
    user = User.objects.create_superuser("root@example.org", "a-long-password")
    client.force_login(user)
    return user


def add(client: Client, model: str, **values: Any) -> Any:
    return client.post(reverse(f"admin:{model}_add"), values)


def act(client: Client, model: str, action: str, *pks: Any, sure: bool = True) -> Any:
    """Choose an action of a list; sure: and answer the question."""
    values = {"action": action, CHOSEN: pks} | ({"sure": "yes"} if sure else {})
    return client.post(reverse(f"admin:{model}_changelist"), values)


def entered(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).newest_first()[0]


def test_a_key_is_made_and_its_secret_shown_once(client: Client, project: Project) -> None:
    answer = add(client, "teams_apikey", project=project.pk, name="ci", rights="write")
    page, key = answer.content.decode(), ApiKey.objects.get()
    secret = page.partition('id="secret">')[2].partition("<")[0]
    assert keys.opened_by(secret, timezone.now()) == key
    assert "no-store" in answer["Cache-Control"]
    change = client.get(reverse("admin:teams_apikey_change", args=[key.pk])).content.decode()
    assert secret not in change
    assert entered("key.made").door == "admin"


def test_a_key_that_would_not_do_is_said_at_its_field(client: Client, project: Project) -> None:
    past = timezone.now() - timedelta(days=1)
    answer = add(
        client, "teams_apikey", project=project.pk, name="ci", rights="write",
        expires_at_0=f"{past:%Y-%m-%d}", expires_at_1="10:00:00",
    )  # fmt: skip
    assert "A key expires in the future." in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_an_action_asks_first(client: Client, project: Project) -> None:
    key, _ = keys.issue(project, "ci", None, now=timezone.now())
    page = act(client, "teams_apikey", "revoke", key.pk, sure=False).content.decode()
    assert "Revoke 1?" in page
    assert "ci" in page
    key.refresh_from_db()
    assert key.revoked_at is None
    act(client, "teams_apikey", "revoke", key.pk)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert entered("key.revoked").email == "root@example.org"


def test_members_are_added_changed_and_removed_by_the_verbs(
    client: Client, project: Project
) -> None:
    user, team = User.objects.create_user("new@example.org"), project.team
    member(project, "owner", "olga@example.org")
    add(client, "teams_membership", team=team.pk, user=user.pk, role="member")
    row = Membership.objects.get(user=user)
    assert entered("member.added").thing == "new@example.org"
    client.post(reverse("admin:teams_membership_change", args=[row.pk]), {"role": "viewer"})
    row.refresh_from_db()
    assert row.role == "viewer"
    client.post(reverse("admin:teams_membership_delete", args=[row.pk]), {"post": "yes"})
    assert not Membership.objects.filter(pk=row.pk).exists()
    assert entered("member.removed").door == "admin"


def test_the_last_owner_stays(client: Client, project: Project) -> None:
    row = project.team.memberships.get(user=member(project, "owner"))
    address = reverse("admin:teams_membership_change", args=[row.pk])
    assert "needs an owner" in client.post(address, {"role": "viewer"}).content.decode()
    client.post(reverse("admin:teams_membership_delete", args=[row.pk]), {"post": "yes"})
    row.refresh_from_db()
    assert row.role == "owner"


def test_a_person_gets_a_link_that_signs_them_in(client: Client) -> None:
    user = User.objects.create_user("new@example.org")
    page = act(client, "teams_user", "make_sign_in_link", user.pk).content.decode()
    address = page.partition('id="secret">')[2].partition("<")[0]
    assert "/enter/" in address
    other = Client()
    other.post(address[address.index("/enter/") :])
    assert other.session["_auth_user_id"] == str(user.pk)


def test_a_person_who_lost_their_second_factors_is_helped(client: Client) -> None:
    user = User.objects.create_user("new@example.org")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "sealed-words"})
    page = client.get(reverse("admin:teams_user_change", args=[user.pk])).content.decode()
    assert "TOTP" in page
    assert "sealed-words" not in page
    question = act(client, "teams_user", "take_second_factors", user.pk, sure=False)
    assert "the password alone lets them in" in question.content.decode()
    assert Authenticator.objects.exists()
    act(client, "teams_user", "take_second_factors", user.pk)
    assert not Authenticator.objects.exists()
    assert entered("account.second_factors_removed").door == "admin"


def test_an_account_is_deleted_by_the_verb_and_the_last_owner_keeps_theirs(
    client: Client, project: Project
) -> None:
    user = member(project, "owner")
    address = reverse("admin:teams_user_delete", args=[user.pk])
    assert "only owner" in client.post(address, {"post": "yes"}).content.decode()
    assert User.objects.filter(pk=user.pk).exists()
    chosen = {"action": "delete_selected", CHOSEN: [user.pk], "post": "yes"}
    client.post(reverse("admin:teams_user_changelist"), chosen)
    assert User.objects.filter(pk=user.pk).exists()
    member(project, "owner", "olga@example.org")
    client.post(address, {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()
    assert entered("account.deleted").door == "admin"


def test_staff_that_manages_people_gets_no_rights_by_it(client: Client, staff: User) -> None:
    above = User.objects.create_superuser("above@example.org")
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    staff.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    page = client.get(reverse("admin:teams_user_change", args=[staff.pk])).content.decode()
    assert 'name="is_active"' in page
    assert 'name="is_superuser"' not in page
    page = client.get(reverse("admin:teams_user_change", args=[above.pk])).content.decode()
    assert 'name="is_active"' not in page
    password = reverse("admin:auth_user_password_change", args=[above.pk])
    assert client.get(password).status_code == 403
    assert act(client, "teams_user", "make_sign_in_link", above.pk).status_code == 302
    client.post(reverse("admin:teams_user_delete", args=[above.pk]), {"post": "yes"})
    assert User.objects.filter(pk=above.pk).exists()


def test_teams_projects_and_people_that_are_made_are_entered(client: Client) -> None:
    add(client, "teams_team", name="Crew", **EMPTY_INLINE)
    team = Team.objects.get(name="Crew")
    add(client, "teams_project", team=team.pk, name="Bot", slug="bot")
    assert Project.objects.get().team == team
    add(client, "teams_user", email="Ada@Example.org", usable_password="false")
    assert User.objects.filter(email="ada@example.org").exists()
    actions = set(AuditEntry.objects.filter(door="admin").values_list("action", flat=True))
    assert {"team.made", "project.made", "account.made"} <= actions


EMPTY_INLINE = {
    "memberships-TOTAL_FORMS": "0",
    "memberships-INITIAL_FORMS": "0",
}


def test_an_invitation_is_revoked(client: Client, project: Project) -> None:
    made = invitations.invite(project.team, "member", by=None, now=timezone.now(), note="Vic")[0]
    act(client, "teams_invitation", "revoke", made.pk)
    assert Invitation.objects.get().revoked_at is not None


def test_a_run_is_cancelled(client: Client, signal: Signal) -> None:
    now = timezone.now()
    run = runs.start(signal, now - timedelta(hours=1), now, None, None, now)
    act(client, "signals_app_run", "cancel", run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    again = act(client, "signals_app_run", "cancel", run.pk)
    assert again.status_code == 302


def test_a_message_that_failed_is_sent_again(client: Client, project: Project) -> None:
    failed = delivery_of(fire(new_alert(project)), state=Delivery.State.FAILED)
    act(client, "alerts_delivery", "resend", failed.pk)
    failed.refresh_from_db()
    assert failed.state == Delivery.State.WAITING
    assert entered("delivery.retried").email == "root@example.org"


def test_what_failed_is_listed_and_judged_again(client: Client, signal: Signal) -> None:
    label(signal, "true")
    (row,) = label(signal, None, reason="The judge answered nothing.")
    page = client.get(reverse("admin:failed")).content.decode()
    assert page.count('name="key"') == 1
    assert "The judge answered nothing." in page
    again, values = reverse("admin:judge_failed_again"), {"key": f"{row.project_id}-{row.id}"}
    assert "Judge 1 again?" in client.post(again, values).content.decode()
    assert not JudgeJob.objects.exists()
    client.post(again, values | {"sure": "yes"})
    assert JudgeJob.objects.get().target == row.target
    assert 'name="key"' not in client.get(reverse("admin:failed")).content.decode()


@pytest.mark.parametrize("key", ["", "x", "1", "1-", "-1", "9" * 30 + "-1", "1-2"])
def test_no_row_of_that_name_is_no_trouble(client: Client, key: str) -> None:
    answer = client.post(reverse("admin:judge_failed_again"), {"key": key, "sure": "yes"})
    assert answer.status_code == 302
    assert client.get(reverse("admin:failed"), {"older": key}).status_code == 200


def test_staff_without_all_rights_sees_neither_log_nor_queue(client: Client, staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    for name in ("failed", "what_runs", "teams_auditentry_changelist"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_no_secret_is_on_any_page(client: Client, project: Project) -> None:
    slack = connected(project.team)
    address = reverse("admin:alerts_slackconnection_change", args=[slack.pk])
    page = client.get(address).content.decode()
    assert "token_sealed" not in page
    assert "Token sealed" not in page
    assert "Workspace" in page


def test_a_row_leads_to_the_product_for_those_who_may_see_it(client: Client, staff: User) -> None:
    project = new_project()
    signal = new_signal(new_agent(project))
    where = reverse("signal", args=[project.slug, signal.uuid])
    address = reverse("admin:signals_app_signal_changelist")
    assert where not in client.get(address).content.decode()
    project.team.memberships.create(user=staff, role="viewer")
    assert f'href="{where}"' in client.get(address).content.decode()
    back = reverse("admin:signals_app_signal_change", args=[signal.pk])
    assert f'href="{back}"' in client.get(where).content.decode()


LISTS = [
    *("teams_user", "teams_team", "teams_project", "teams_membership", "teams_apikey"),
    *("signals_app_signal", "signals_app_run", "alerts_alert", "alerts_delivery"),
    "teams_auditentry",
]


@pytest.mark.parametrize("model", LISTS)
def test_a_list_asks_as_much_for_many_rows_as_for_few(
    client: Client, model: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        project = new_project(f"p{number}")
        delivery_of(fire(new_alert(project)))
        keys.issue(project, "ci", None, now=timezone.now())
        signal, now = Signal.objects.filter(project=project).get(), timezone.now()
        runs.start(signal, now - timedelta(hours=1), now, None, None, now)
        member(project, "member", f"{number}@example.org")
    with django_assert_max_num_queries(12):
        client.get(reverse(f"admin:{model}_changelist"))
