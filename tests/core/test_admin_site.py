"""The admin site lets in staff, wants a second factor where that is set, and never counts far."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from core.admin_site.model_pages import BoundedPaginator, OperatorAdmin
from teams.models import User
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> User:
    user = User.objects.create_superuser("root@example.org", "a-long-password")
    client.force_login(user)
    return user


def test_a_stranger_signs_in_where_everybody_does(client: Client) -> None:
    answer: Any = client.get(reverse("admin:index"), follow=True)
    assert reverse("account_login") in answer.redirect_chain[-1][0]


def test_a_person_who_is_no_staff_is_refused(client: Client) -> None:
    client.force_login(member(new_project(), "owner"))
    answer: Any = client.get(reverse("admin:index"), follow=True)
    assert answer.status_code == 403 or "admin" not in answer.request["PATH_INFO"]
    assert "Admin site" not in answer.content.decode()


def test_staff_finds_the_way_in_the_menu_and_others_do_not(client: Client) -> None:
    project = new_project()
    user = member(project, "owner")
    client.force_login(user)
    address = reverse("settings", args=[project.slug])
    assert reverse("admin:index") not in client.get(address).content.decode()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert f'href="{reverse("admin:index")}"' in client.get(address).content.decode()


def test_it_is_in_the_colours_of_the_product(client: Client, staff: User) -> None:
    page = client.get(reverse("admin:index")).content.decode()
    assert "css/tokens.css" in page
    assert "css/admin.css" in page
    assert "What runs" in page


@pytest.mark.parametrize("name", ["index", "teams_user_changelist", "failed", "what_runs"])
def test_staff_without_a_second_factor_sets_one_up_first(
    client: Client, staff: User, settings: Any, name: str
) -> None:
    settings.ADMIN_NEEDS_MFA = True
    answer = client.get(reverse(f"admin:{name}"))
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert client.get(reverse(f"admin:{name}")).status_code == 200


#: Of packages, by whom we look after it.
OF_OTHERS = {"auth.Group", "django_q.Failure"}


def test_no_table_of_a_package_is_there_with_the_forms_of_that_package() -> None:
    site = admin.site._registry
    assert all(isinstance(pages, OperatorAdmin) for pages in site.values())
    own = {"alerts", "signals_app", "teams", "traces"}
    others = {model._meta.label for model in site if model._meta.app_label not in own}
    assert others == OF_OTHERS


def test_a_list_counts_no_more_than_somebody_looks_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(5):
        User.objects.create_user(f"{number}@example.org")
    rows = User.objects.order_by("email")
    assert BoundedPaginator(rows, 2).count == 5
    monkeypatch.setattr("core.admin_site.model_pages.MOST_COUNTED", 3)
    assert BoundedPaginator(rows, 2).count == 3
