"""Webhooks are signed so that the genuine library of the specification takes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.delivery import signing, webhook
from tests.fake_webhook import FakeWebhook, Request

PAYLOAD = {"type": "alert.fired", "data": {"headline": "18 % ≥ 12 %"}}


@pytest.fixture
def receiver(settings: Any) -> Iterator[FakeWebhook]:
    with FakeWebhook() as server:
        server.use(settings)
        yield server


def sent(receiver: FakeWebhook, keys: list[str], ago: timedelta = timedelta(0)) -> Request:
    webhook.send(receiver.url, PAYLOAD, "msg_1", keys, timezone.now() - ago)
    return receiver.requests[-1]


def test_the_genuine_library_takes_our_signature(receiver: FakeWebhook) -> None:
    secret = signing.new_secret()
    request = sent(receiver, [secret])
    assert Webhook(secret).verify(request.body, request.headers) == PAYLOAD
    assert request.headers["content-type"] == "application/json"


def test_after_a_change_of_secret_either_one_opens_it(receiver: FakeWebhook) -> None:
    new, old = signing.new_secret(), signing.new_secret()
    request = sent(receiver, [new, old])
    assert Webhook(new).verify(request.body, request.headers) == PAYLOAD
    assert Webhook(old).verify(request.body, request.headers) == PAYLOAD


def test_a_message_that_is_played_again_later_is_refused(receiver: FakeWebhook) -> None:
    secret = signing.new_secret()
    request = sent(receiver, [secret], ago=timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(request.body, request.headers)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_no_part_of_it_can_be_changed(receiver: FakeWebhook, part: str) -> None:
    secret = signing.new_secret()
    request = sent(receiver, [secret])
    headers, body = dict(request.headers), request.body
    if part == "body":
        body = body.replace(b"18", b"19")
    elif part == "webhook-id":
        headers[part] = "msg_2"
    else:
        headers[part] = str(int(headers[part]) + 1)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret).verify(body, headers)


def test_an_attempt_again_has_the_same_id_and_a_fresh_time(receiver: FakeWebhook) -> None:
    secret = signing.new_secret()
    first = sent(receiver, [secret], ago=timedelta(minutes=20))
    second = sent(receiver, [secret])
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_1"
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert Webhook(secret).verify(second.body, second.headers) == PAYLOAD
