"""API keys in the settings: issued once, revoked with a question."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from teams.models import ApiKey, Membership, Project, Rights, Team, User, digest_of
from tests.html import html_of

pytestmark = pytest.mark.django_db

FORM = {"name": "production", "rights": "write", "expires": "never"}


def signed_in(client: Client, project: Project, role: str | None) -> None:
    user = User.objects.create_user(f"{role}@example.org")
    if role:
        Membership.objects.create(team=project.team, user=user, role=role)
    client.force_login(user)


def issue_url(project: Project) -> str:
    return f"/p/{project.slug}/settings/keys/new/"


def revoke_url(key: ApiKey) -> str:
    return f"/p/{key.project.slug}/settings/keys/{key.uuid}/revoke/"


def test_a_new_key_is_shown_once_and_never_again(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    response = client.post(issue_url(project), FORM)
    key = ApiKey.objects.get(project=project)
    secret = response.context["secret"]
    assert bytes(key.digest) == digest_of(secret)
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in client.get(f"/p/{project.slug}/settings/keys/").content.decode()


def test_the_page_of_keys_tells_keys_apart(client: Client, project: Project) -> None:
    signed_in(client, project, "viewer")
    key, secret = ApiKey.objects.issue(project, "production")
    page = client.get(f"/p/{project.slug}/settings/keys/").content.decode()
    assert key.shown in page
    assert "never" in page
    assert secret not in page


@pytest.mark.parametrize("name", ["", "x" * 101, "a\0b"], ids=["none", "too long", "NUL"])
def test_a_bad_name_issues_nothing_and_says_why(
    client: Client, project: Project, name: str
) -> None:
    signed_in(client, project, "admin")
    response = client.post(issue_url(project), FORM | {"name": name})
    assert response.status_code == 422
    assert response.context["key_form"].errors["name"]
    assert not ApiKey.objects.exists()


def test_revoking_asks_first(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    key, _ = ApiKey.objects.issue(project, "production")
    assert "cannot be taken back" in client.get(revoke_url(key)).content.decode()
    assert ApiKey.objects.valid(timezone.now()).exists()
    assert client.post(revoke_url(key)).status_code == 302
    assert not ApiKey.objects.valid(timezone.now()).exists()


def test_a_key_is_revoked_only_once(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    key, _ = ApiKey.objects.issue(project, "production")
    client.post(revoke_url(key))
    first = ApiKey.objects.get(pk=key.pk).revoked_at
    assert client.post(revoke_url(key)).status_code == 404
    assert ApiKey.objects.get(pk=key.pk).revoked_at == first


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("viewer", 403), (None, 404)])
def test_who_may_not_manage_neither_issues_nor_revokes(
    client: Client, project: Project, role: str | None, status: int
) -> None:
    signed_in(client, project, role)
    key, _ = ApiKey.objects.issue(project, "production")
    assert client.post(issue_url(project), FORM).status_code == status
    assert client.get(revoke_url(key)).status_code == status
    assert client.post(revoke_url(key)).status_code == status
    assert ApiKey.objects.valid(timezone.now()).count() == 1


def test_a_key_of_another_project_is_not_found(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    theirs = Project.objects.create(team=Team.objects.create(name="T"), name="Theirs")
    key, _ = ApiKey.objects.issue(theirs, "production")
    url = f"/p/{project.slug}/settings/keys/{key.uuid}/revoke/"
    assert client.post(url).status_code == 404
    assert ApiKey.objects.valid(timezone.now()).count() == 1
    missing = f"/p/{project.slug}/settings/keys/{uuid.uuid4()}/revoke/"
    assert client.get(missing).status_code == 404


def test_wrong_methods_are_refused(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    key, _ = ApiKey.objects.issue(project, "production")
    assert client.get(issue_url(project)).status_code == 405
    assert client.put(revoke_url(key)).status_code == 405


def made(client: Client, project: Project, **fields: str) -> ApiKey:
    assert client.post(issue_url(project), FORM | fields).status_code == 200
    key: ApiKey = ApiKey.objects.get(project=project)
    return key


def test_a_key_is_made_as_it_was_chosen(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    key = made(client, project, rights="read", note=" For the dashboard. ", expires="30")
    assert (key.rights, key.can_write, key.note) == (Rights.READ, False, "For the dashboard.")
    assert key.expires_at is not None
    left = key.expires_at - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


def test_a_key_works_until_the_end_of_its_last_day_where_the_viewer_is(
    client: Client, project: Project
) -> None:
    signed_in(client, project, "admin")
    User.objects.update(time_zone="Asia/Tokyo")
    day = timezone.now().date() + timedelta(days=10)
    key = made(client, project, expires="date", last_day=day.isoformat())
    after = day + timedelta(days=1)
    tokyo = ZoneInfo("Asia/Tokyo")
    assert key.expires_at == datetime(after.year, after.month, after.day, tzinfo=tokyo)


def test_a_key_that_may_read_only_is_not_offered_for_sending(
    client: Client, project: Project
) -> None:
    signed_in(client, project, "admin")
    page = client.post(issue_url(project), FORM | {"rights": "read"}).content.decode()
    assert "It cannot send traces." in page
    assert "OTEL_EXPORTER_OTLP_HEADERS" not in page


BAD = [
    pytest.param({"rights": ""}, "rights", id="no rights"),
    pytest.param({"rights": "admin"}, "rights", id="rights that do not exist"),
    pytest.param({"note": "x" * 201}, "note", id="a long note"),
    pytest.param({"note": "a\0b"}, "note", id="a note with NUL"),
    pytest.param({"note": "a\rb"}, "note", id="a note of two lines"),
    pytest.param({"expires": "soon"}, "expires", id="an unknown expiry"),
    pytest.param({"expires": "date"}, "last_day", id="no date"),
    pytest.param({"expires": "date", "last_day": "2020-02-30"}, "last_day", id="no day"),
    pytest.param({"expires": "date", "last_day": "2020-01-01"}, "last_day", id="a day gone by"),
    pytest.param({"expires": "date", "last_day": "0001-01-01"}, "last_day", id="the first day"),
    pytest.param({"expires": "date", "last_day": "9999-12-31"}, "last_day", id="the last day"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_a_bad_choice_issues_nothing_and_says_why_at_its_field(
    client: Client, project: Project, fields: dict[str, str], field: str
) -> None:
    signed_in(client, project, "admin")
    response = client.post(issue_url(project), FORM | fields)
    assert response.status_code == 422
    form = response.context["key_form"]
    assert list(form.errors) == [field]
    assert str(form.errors[field][0]) in html_of(response)
    assert not ApiKey.objects.exists()


def test_the_list_says_what_a_key_may_and_until_when(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    now = timezone.now()
    ended = now - timedelta(days=2)
    old, _ = ApiKey.objects.issue(project, "old", rights="read", note="Bob's.", expires_at=ended)
    in_use, _ = ApiKey.objects.issue(project, "in use", expires_at=now + timedelta(days=9))
    ApiKey.objects.filter(pk=in_use.pk).update(created_at=now - timedelta(days=30))
    response = client.get(f"/p/{project.slug}/settings/keys/")
    assert [row.key for row in response.context["keys"]] == [in_use, old]
    page = response.content.decode()
    assert "Bob&#x27;s." in page
    assert ">2 d ago</time>" in page
    assert ">in 8 d</time>" in page
    assert revoke_url(in_use) in page
    assert revoke_url(old) not in page


def test_the_list_of_keys_costs_the_same_however_many_there_are(
    client: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    signed_in(client, project, "admin")
    for number in range(30):
        ApiKey.objects.issue(project, f"key {number}", User.objects.get())
    with django_assert_max_num_queries(14):
        client.get(f"/p/{project.slug}/settings/keys/")
