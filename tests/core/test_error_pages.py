"""The pages for what goes wrong show a sentence and a way on."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from core import errors
from teams.models import User

pytestmark = pytest.mark.django_db


def test_what_is_not_there_says_so(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    page = response.content.decode()
    assert "a project that you are not a member of" in page
    assert "Go to your signals" in page


def test_a_refusal_shows_its_sentence(rf: RequestFactory) -> None:
    request = rf.get("/")
    response = errors.forbidden(request, PermissionError("Only owners may."))
    assert response.status_code == 403
    assert "Only owners may." in response.content.decode()


def test_our_own_fault_needs_nothing_that_may_be_broken(
    rf: RequestFactory, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = errors.server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()


def test_an_address_that_only_takes_forms_says_so(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.org"))
    response = client.get("/p/any/signals/create/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "This address takes what a form sends" in response.content.decode()
    assert client.put("/account/").content == b""


def test_a_form_from_before_one_signed_in_anew_says_what_to_do() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("ada@example.org"))
    response = strict.post("/account/", {"time_zone": "UTC"})
    assert response.status_code == 403
    assert "Go back, copy what you typed" in response.content.decode()
