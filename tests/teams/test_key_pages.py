"""API keys on the settings page: issued once, revoked with a question."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from teams.models import ApiKey, Membership, Project, Team, User, digest_of

pytestmark = pytest.mark.django_db


def signed_in(client: Client, project: Project, role: str | None) -> None:
    user = User.objects.create_user(f"{role}@example.org")
    if role:
        Membership.objects.create(team=project.team, user=user, role=role)
    client.force_login(user)


def issue_url(project: Project) -> str:
    return f"/p/{project.slug}/settings/keys/"


def revoke_url(key: ApiKey) -> str:
    return f"/p/{key.project.slug}/settings/keys/{key.uuid}/revoke/"


def test_a_new_key_is_shown_once_and_never_again(client: Client, project: Project) -> None:
    signed_in(client, project, "member")
    response = client.post(issue_url(project), {"name": "production"})
    key = ApiKey.objects.get(project=project)
    secret = response.context["secret"]
    assert bytes(key.digest) == digest_of(secret)
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in client.get(f"/p/{project.slug}/settings/").content.decode()


def test_the_settings_page_tells_keys_apart(client: Client, project: Project) -> None:
    signed_in(client, project, "reader")
    key, secret = ApiKey.objects.issue(project, "production")
    page = client.get(f"/p/{project.slug}/settings/").content.decode()
    assert key.shown in page
    assert "never" in page
    assert secret not in page


@pytest.mark.parametrize("name", ["", "x" * 101, "a\0b"], ids=["none", "too long", "NUL"])
def test_a_bad_name_issues_nothing_and_says_why(
    client: Client, project: Project, name: str
) -> None:
    signed_in(client, project, "member")
    response = client.post(issue_url(project), {"name": name})
    assert response.status_code == 422
    assert response.context["key_form"].errors["name"]
    assert not ApiKey.objects.exists()


def test_revoking_asks_first(client: Client, project: Project) -> None:
    signed_in(client, project, "member")
    key, _ = ApiKey.objects.issue(project, "production")
    assert "cannot be taken back" in client.get(revoke_url(key)).content.decode()
    assert ApiKey.objects.valid().exists()
    assert client.post(revoke_url(key)).status_code == 302
    assert not ApiKey.objects.valid().exists()


def test_a_key_is_revoked_only_once(client: Client, project: Project) -> None:
    signed_in(client, project, "member")
    key, _ = ApiKey.objects.issue(project, "production")
    client.post(revoke_url(key))
    first = ApiKey.objects.get(pk=key.pk).revoked_at
    assert client.post(revoke_url(key)).status_code == 404
    assert ApiKey.objects.get(pk=key.pk).revoked_at == first


@pytest.mark.parametrize(("role", "status"), [("reader", 403), (None, 404)])
def test_who_may_not_write_neither_issues_nor_revokes(
    client: Client, project: Project, role: str | None, status: int
) -> None:
    signed_in(client, project, role)
    key, _ = ApiKey.objects.issue(project, "production")
    assert client.post(issue_url(project), {"name": "mine"}).status_code == status
    assert client.get(revoke_url(key)).status_code == status
    assert client.post(revoke_url(key)).status_code == status
    assert ApiKey.objects.valid().count() == 1


def test_a_key_of_another_project_is_not_found(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    theirs = Project.objects.create(team=Team.objects.create(name="T"), name="Theirs")
    key, _ = ApiKey.objects.issue(theirs, "production")
    url = f"/p/{project.slug}/settings/keys/{key.uuid}/revoke/"
    assert client.post(url).status_code == 404
    assert ApiKey.objects.valid().count() == 1
    missing = f"/p/{project.slug}/settings/keys/{uuid.uuid4()}/revoke/"
    assert client.get(missing).status_code == 404


def test_wrong_methods_are_refused(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    key, _ = ApiKey.objects.issue(project, "production")
    assert client.get(issue_url(project)).status_code == 405
    assert client.put(revoke_url(key)).status_code == 405
