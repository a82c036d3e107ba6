"""The link in an e-mail mutes one alert for one reader, signed in or not."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client

from alerts.models import Alert, AlertMute
from alerts.muting.mute_links import mute_url
from teams.models import Membership, User
from tests.alerts.owed import new_alert
from tests.html import html_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert() -> Alert:
    return new_alert()


@pytest.fixture
def path(alert: Alert) -> str:
    return urlsplit(mute_url(alert, User.objects.get())).path


def test_opening_the_link_asks_and_mutes_nothing(client: Client, path: str) -> None:
    """Mail scanners open every link."""
    response = client.get(path)
    assert "Mute this alert?" in html_of(response)
    assert not AlertMute.objects.exists()
    assert not response.cookies


def test_the_button_mutes_for_that_reader_alone(client: Client, path: str, alert: Alert) -> None:
    response = client.post(path)
    assert "gets no more e-mail" in html_of(response)
    mute = AlertMute.objects.get()
    assert (mute.alert, mute.user) == (alert, User.objects.get())
    assert client.post(path).status_code == 200  # twice is once
    assert "Muted" in html_of(client.get(path))


def test_a_mail_client_mutes_with_one_post_without_cookies_or_a_csrf_token(path: str) -> None:
    """RFC 8058, 3.1: no redirect, no further step."""
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(path, {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not response.cookies
    assert AlertMute.objects.count() == 1


@pytest.mark.parametrize(
    "change", ["another alert", "another user", "cut", "another purpose", "gone", "left"]
)
def test_a_forged_or_dead_link_leads_nowhere(
    client: Client, path: str, alert: Alert, change: str
) -> None:
    token = path.split("/")[2]
    alert_pk, rest = token.split(".", 1)
    user_pk, seal = rest.split(":", 1)
    other = new_alert(project=alert.project, name="Other")
    forged = {
        "another alert": f"{other.pk}.{user_pk}:{seal}",
        "another user": f"{alert_pk}.{int(user_pk) + 1}:{seal}",
        "cut": token[:-3],
        "another purpose": signing.Signer(salt="other").sign(token.split(":")[0]),
        "gone": token,
        "left": token,
    }[change]
    if change == "gone":
        alert.delete()
    if change == "left":
        Membership.objects.all().delete()
    response = client.post(f"/mute/{forged}/")
    assert response.status_code == 404
    assert alert.name not in html_of(response)
    assert not AlertMute.objects.exists()


def test_the_wrong_method_is_refused(client: Client, path: str) -> None:
    assert client.delete(path).status_code == 405
