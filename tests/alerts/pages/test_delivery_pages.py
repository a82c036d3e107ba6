"""A person tries a message again, ends a channel's pause, and makes a signing secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from alerts.delivery import webhook
from alerts.delivery.signing import PREFIX
from alerts.models import Delivery, Destination, Kind
from tests.alerts.owed import new_alert, owed, tell
from tests.fake_webhook import Answer, FakeWebhook
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(client: Client) -> Destination:
    alert = new_alert()
    client.force_login(member(alert.project, email="grace@example.org"))
    return tell(alert, Kind.WEBHOOK, "https://example.org/hook")


@pytest.fixture
def failed(channel: Destination) -> Delivery:
    (delivery,) = owed(channel.alert, timezone.now())
    Delivery.objects.update(state="failed", error="Refused.", attempts=8)
    return delivery


def url(name: str, channel: Destination, *more: str) -> str:
    return reverse(name, args=[channel.alert.project.slug, channel.alert.uuid, *more])


def retry_url(delivery: Delivery) -> str:
    return reverse("delivery_retry", args=[delivery.project.slug, delivery.uuid])


def page_of(channel: Destination) -> str:
    return f"/p/{channel.alert.project.slug}/alerts/{channel.alert.uuid}/"


def test_a_failed_message_waits_again(
    client: Client, channel: Destination, failed: Delivery
) -> None:
    response = client.post(retry_url(failed))
    assert response["Location"].endswith(page_of(channel))
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 0)
    client.post(retry_url(failed))  # nothing to try again
    assert Delivery.objects.get().state == "waiting"


def test_a_pause_is_taken_back(client: Client, channel: Destination, failed: Delivery) -> None:
    Destination.objects.update(paused_at=timezone.now(), paused_reason="Gone.")
    response = client.post(url("channel_resume", channel, "webhook"))
    assert response["Location"].endswith(page_of(channel))
    channel.refresh_from_db()
    failed.refresh_from_db()
    assert (channel.paused_at, channel.paused_reason, failed.state) == (None, "", "waiting")


def test_a_channel_that_the_alert_has_not_is_not_found(
    client: Client, channel: Destination
) -> None:
    assert client.post(url("channel_resume", channel, "slack")).status_code == 404
    assert client.post(url("channel_resume", channel, "pigeon")).status_code == 404


def test_a_secret_is_shown_once_and_the_old_one_goes_on_for_a_day(
    client: Client, channel: Destination
) -> None:
    assert PREFIX not in client.get(url("webhook_secret", channel)).content.decode()
    response = client.post(url("webhook_secret", channel))
    assert "no-store" in response["Cache-Control"]
    first = shown(response.content)
    second = shown(client.post(url("webhook_secret", channel)).content)
    assert first != second
    channel.refresh_from_db()
    now = timezone.now()
    assert webhook.keys_of(channel, now) == [second, first]
    assert webhook.keys_of(channel, now + 2 * webhook.OVERLAP) == [second]
    assert PREFIX.encode() not in bytes(channel.secret_sealed or b"")
    assert PREFIX not in client.get(url("webhook_secret", channel)).content.decode()


def shown(page: bytes) -> str:
    found = re.search(rf"{PREFIX}[A-Za-z0-9+/=]+", page.decode())
    assert found
    return found[0]


def test_a_receiver_is_tried_with_a_signed_message_and_says_how_it_went(
    client: Client, channel: Destination, settings: Any
) -> None:
    with FakeWebhook() as receiver:
        receiver.use(settings)
        Destination.objects.update(address=receiver.url)
        secret = shown(client.post(url("webhook_secret", channel)).content)
        response = client.post(url("webhook_test", channel), follow=True)
        assert "has taken the test message" in response.content.decode()
        (request,) = receiver.requests
        sent = Webhook(secret).verify(request.body, request.headers)
        assert (sent["type"], sent["data"]["alert"]["name"]) == ("alert.test", "Refunds go wrong")
        receiver.answer = Answer(404)
        refused = client.post(url("webhook_test", channel), follow=True)
        assert "knows no such address (404)" in refused.content.decode()
    channel.refresh_from_db()
    assert channel.paused_at is None  # only what was owed to it pauses it


def test_a_reader_changes_nothing(client: Client, channel: Destination, failed: Delivery) -> None:
    channel.alert.project.team.memberships.update(role="viewer")
    assert client.post(retry_url(failed)).status_code == 403
    assert client.post(url("channel_resume", channel, "webhook")).status_code == 403
    assert client.get(url("webhook_secret", channel)).status_code == 403
    assert client.post(url("webhook_test", channel)).status_code == 403


def test_the_wrong_method_is_refused(
    client: Client, channel: Destination, failed: Delivery
) -> None:
    assert client.get(retry_url(failed)).status_code == 405
    assert client.get(url("channel_resume", channel, "webhook")).status_code == 405
    assert client.delete(url("webhook_secret", channel)).status_code == 405
    assert client.get(url("webhook_test", channel)).status_code == 405
