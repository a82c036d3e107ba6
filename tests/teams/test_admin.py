"""Django's admin: every page opens for staff, and none shows or makes what it must not."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.models import Alert, Delivery, Firing
from signals_app.models import Signal, SignalVersion
from teams.models import ApiKey, Membership, Project, Team, User
from tests.alerts.watched import alert_of, delivery_of, firing_of
from traces.models import Agent

pytestmark = pytest.mark.django_db

OURS = [User, Team, Membership, Project, ApiKey, Agent, Signal, SignalVersion]
OURS += [Alert, Firing, Delivery]


def address(model: type, page: str) -> str:
    options = model._meta  # type: ignore[attr-defined]
    return f"admin:{options.app_label}_{options.model_name}_{page}"


@pytest.fixture
def staff(client: Client) -> User:
    user = User.objects.create_superuser("root@example.org", "a-long-password")
    client.force_login(user)
    return user


@pytest.fixture
def one_of_each(staff: User) -> None:
    team = Team.objects.create(name="Crew")
    Membership.objects.create(team=team, user=staff)
    project = Project.objects.create(team=team, name="Ours")
    ApiKey.objects.issue(project, "production")
    now = timezone.now()
    agent = Agent.objects.create(
        project=project, identity="a", name="a", first_seen_at=now, last_seen_at=now
    )
    signal = Signal.objects.create(project=project, agent=agent, name="Frustration", scope="trace")
    SignalVersion.objects.create(
        signal=signal, number=1, type="binary", prompt="?", labels=[], sample_rate=1
    )
    delivery_of(firing_of(alert_of(signal)))


@pytest.mark.slow
@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_every_list_and_every_form_opens(client: Client, one_of_each: None, model: type) -> None:
    assert client.get(reverse(address(model, "changelist"))).status_code == 200
    assert client.get(reverse(address(model, "changelist")) + "?q=a").status_code == 200
    for row in model.objects.all()[:2]:  # type: ignore[attr-defined]
        page = client.get(reverse(address(model, "change"), args=[row.pk]))
        assert page.status_code == 200
    may_add = admin.site._registry[model].has_add_permission(page_request(client))
    expected = 200 if may_add else 403
    assert client.get(reverse(address(model, "add"))).status_code == expected


def page_request(client: Client) -> HttpRequest:
    request: HttpRequest = client.get("/admin/").wsgi_request
    return request


@pytest.mark.parametrize("model", OURS)
def test_our_models_are_all_there(model: type) -> None:
    assert admin.site.is_registered(model)


def test_staff_makes_a_user_who_can_sign_in_with_the_password(client: Client, staff: User) -> None:
    fields = {
        "email": "new@example.org",
        "usable_password": "true",
        "password1": "another-long-one",
        "password2": "another-long-one",
    }
    assert client.post(reverse("admin:teams_user_add"), fields).status_code == 302
    client.logout()
    assert client.login(email="new@example.org", password="another-long-one")


@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_sign_in_where_everybody_does(client: Client, staff: User, method: str) -> None:
    client.logout()
    fields = {"username": "root@example.org", "password": "a-long-password"}
    response = getattr(client, method)("/admin/login/?next=/admin/", fields)
    assert response["Location"].startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in client.session


def test_the_hash_of_a_key_is_hidden(client: Client, one_of_each: None) -> None:
    key = ApiKey.objects.get()
    page = client.get(reverse("admin:teams_apikey_change", args=[key.pk])).content.decode()
    assert "digest" not in page
    assert bytes(key.digest).hex() not in page


def test_keys_are_revoked_in_the_admin(client: Client, one_of_each: None) -> None:
    key = ApiKey.objects.get()
    fields = {"action": "revoke", "_selected_action": [key.pk], "sure": "yes"}
    client.post(reverse("admin:teams_apikey_changelist"), fields)
    assert not ApiKey.objects.valid(timezone.now()).exists()


@pytest.mark.parametrize("model", [Signal, SignalVersion])
def test_signals_and_versions_are_only_looked_at(
    client: Client, one_of_each: None, model: type
) -> None:
    row = model.objects.get()  # type: ignore[attr-defined]
    url = reverse(address(model, "change"), args=[row.pk])
    assert client.post(url, {"name": "changed"}).status_code == 403
    assert client.get(reverse(address(model, "delete"), args=[row.pk])).status_code == 403


def test_where_a_webhook_leads_is_not_shown_to_staff(client: Client, one_of_each: None) -> None:
    alert, delivery = Alert.objects.get(), Delivery.objects.get()
    where = "https://hooks.example.org/services/a-secret-path"
    alert.destinations.create(kind="webhook", address=where)
    Delivery.objects.filter(pk=delivery.pk).update(kind="webhook", address=where)
    for row in (alert, delivery):
        url = reverse(change(row), args=[row.pk])
        assert "a-secret-path" not in client.get(url).content.decode()


def change(row: Alert | Delivery) -> str:
    return address(type(row), "change")


def test_who_is_not_staff_is_sent_to_the_sign_in(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.org"))
    assert client.get("/admin/teams/user/").status_code == 302
