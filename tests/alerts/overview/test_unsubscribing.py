"""The link in the e-mail: opened it asks, posted to it stops, and nobody need be signed in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from alerts.models import Delivery, OverviewSubscription
from alerts.overview import due_overviews, unsubscribing
from tests.alerts.overview.days import NOW, a_project, subscribed

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> OverviewSubscription:
    return subscribed(a_project())


def link(one: OverviewSubscription) -> str:
    return urlsplit(unsubscribing.url_of(one)).path


def is_on(one: OverviewSubscription) -> bool:
    return OverviewSubscription.objects.get(pk=one.pk).is_on


def test_opening_it_asks_and_changes_nothing(client: Client, one: OverviewSubscription) -> None:
    """Scanners of mail open every link."""
    response = client.get(link(one))
    assert response.status_code == 200
    assert "Stop the daily overview?" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert client.head(link(one)).status_code == 200
    assert is_on(one)


def test_a_mail_client_stops_it_with_one_post(one: OverviewSubscription) -> None:
    """As RFC 8058 has it: no cookies, no token of a form, and no redirect in the answer."""
    client = Client(enforce_csrf_checks=True)
    response = client.post(link(one), {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not is_on(one)


def test_the_button_of_the_page_stops_it(client: Client, one: OverviewSubscription) -> None:
    page = client.post(link(one)).content.decode()
    assert "gets no more overviews" in page
    assert not is_on(one)


def test_twice_is_as_good_as_once(client: Client, one: OverviewSubscription) -> None:
    client.post(link(one))
    changed_at = OverviewSubscription.objects.get(pk=one.pk).changed_at
    assert client.post(link(one)).status_code == 200
    assert OverviewSubscription.objects.get(pk=one.pk).changed_at == changed_at


def test_nothing_comes_after_it(client: Client, one: OverviewSubscription) -> None:
    due_overviews.owe_due(NOW)
    client.post(link(one))
    assert Delivery.objects.get().state == "dropped"
    assert due_overviews.owe_due(NOW.replace(day=26)) == 0


def test_another_members_stays_on(client: Client, one: OverviewSubscription) -> None:
    other = subscribed(a_project("Other"), one.user)
    client.post(link(one))
    assert is_on(other)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_stops_nothing(
    client: Client, one: OverviewSubscription, method: str
) -> None:
    for forged in (f"{one.uuid.hex}:AAAA", one.uuid.hex, "x", f"{link(one).split('/')[2]}A"):
        response = getattr(client, method)(f"/unsubscribe/{forged}/")
        assert response.status_code == 404
        assert one.user.email not in response.content.decode()
    assert is_on(one)


def test_a_link_whose_subscription_is_gone_says_so(
    client: Client, one: OverviewSubscription
) -> None:
    gone = link(one)
    one.project.delete()
    response = client.post(gone)
    assert response.status_code == 404
    assert "Nothing to unsubscribe from" in response.content.decode()


def test_wrong_methods_are_refused(client: Client, one: OverviewSubscription) -> None:
    assert client.put(link(one)).status_code == 405
    assert is_on(one)
