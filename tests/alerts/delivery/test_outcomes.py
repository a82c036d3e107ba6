"""What becomes of a message for every answer that a server can give."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.delivery import sending
from alerts.models import Alert, Delivery, Kind, SlackConnection
from tests.alerts.delivery.conftest import Servers
from tests.alerts.owed import by_kind, notices, owed
from tests.fake_slack import HTML, LIST, error, limited
from tests.fake_smtp import DROP, HANG
from tests.fake_webhook import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
State = Delivery.State


SOON, LATER = timedelta(seconds=48), timedelta(seconds=80)
EMAIL: list[Any] = [
    ("at_recipient", "550 no such user", State.FAILED, "550 no such user"),
    ("at_message", "554 spam", State.FAILED, "554 spam"),
    ("at_recipient", "451 greylisted", State.WAITING, "451 greylisted"),
    ("at_message", "421 busy", State.WAITING, "421 busy"),
    ("at_sender", "553 not yours", State.WAITING, "EMAIL_FROM"),
    ("at_message", DROP, State.WAITING, "closed the connection"),
    ("at_message", HANG, State.WAITING, "did not answer within 1 s"),
]


@pytest.mark.parametrize(("place", "reply", "state", "words"), EMAIL)
def test_what_becomes_of_an_email(
    alert: Alert, servers: Servers, now: datetime,
    place: str, reply: str, state: str, words: str,
) -> None:  # fmt: skip
    setattr(servers.smtp, place, reply)
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)
    check(found[Kind.EMAIL], state, words, now)
    assert {found[Kind.SLACK].state, found[Kind.WEBHOOK].state} == {State.SENT}
    assert notices() == []


CHANNEL, CONNECTION = "channel", "connection"
SLACK: list[Any] = [
    (error("channel_not_found"), State.FAILED, "Invite the app", CHANNEL),
    (error("is_archived"), State.FAILED, "is archived. Choose another", CHANNEL),
    (error("not_in_channel"), State.FAILED, "not in the Slack channel", CHANNEL),
    (error("restricted_action_read_only_channel"), State.FAILED, "keeps the app from", CHANNEL),
    (error("invalid_auth"), State.FAILED, "Connect Slack again", CONNECTION),
    (error("token_revoked"), State.FAILED, "was revoked", CONNECTION),
    (error("account_inactive"), State.FAILED, "was removed", CONNECTION),
    (error("missing_scope"), State.FAILED, "chat:write", CONNECTION),
    (error("invalid_blocks"), State.FAILED, "invalid_blocks", ""),
    (error("msg_too_long"), State.FAILED, "msg_too_long", ""),
    (error("internal_error"), State.WAITING, "internal_error", ""),
    (error("", 500), State.WAITING, "in trouble (500)", ""),
    (Answer(503, body=b"<html>"), State.WAITING, "in trouble (503)", ""),
    (HTML, State.WAITING, "could not be read", ""),
    (LIST, State.WAITING, "could not be read", ""),
    (Answer(200, body=b""), State.WAITING, "could not be read", ""),
    (Answer(200, body=b"x" * 100, cut=True), State.WAITING, "could not be read", ""),
    (Answer(drop=True), State.WAITING, "could not be reached (RemoteDisconnected)", ""),
    (Answer(wait_s=60), State.WAITING, "did not answer within 1 s", ""),
]


@pytest.mark.parametrize(("answer", "state", "words", "dead"), SLACK)
def test_what_becomes_of_a_slack_message(
    alert: Alert, servers: Servers, now: datetime,
    answer: Answer, state: str, words: str, dead: str,
) -> None:  # fmt: skip
    servers.slack.says["chat.postMessage"] = answer
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)
    check(found[Kind.SLACK], state, words, now)
    assert len(servers.slack.posted) == 1, "nobody tries again behind our back"
    assert {found[Kind.EMAIL].state, found[Kind.WEBHOOK].state} == {State.SENT}
    paused = alert.destinations.get(kind=Kind.SLACK).paused_reason
    broken = SlackConnection.objects.get().broken_reason
    assert (words in paused, words in broken) == (dead == CHANNEL, dead == CONNECTION)
    assert [words in notice.notice for notice in notices()] == ([True] if dead else [])


def test_slack_names_the_time_to_come_back_and_no_attempt_is_counted(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.slack.says["chat.postMessage"] = limited(30)
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)[Kind.SLACK]
    assert (found.state, found.attempts) == (State.WAITING, 0)
    assert 30 <= (found.available_at - now).total_seconds() < 33
    del servers.slack.says["chat.postMessage"]
    assert sending.send_due(now + timedelta(seconds=34)) == 1
    assert by_kind(alert)[Kind.SLACK].state == State.SENT


WEBHOOK: list[Any] = [
    (Answer(200), State.SENT, "", False),
    (Answer(204), State.SENT, "", False),
    (Answer(202, body=b"x" * 30_000_000), State.SENT, "", False),
    (Answer(200, body=b"x" * 10, cut=True), State.SENT, "", False),
    (Answer(301, {"Location": "/"}), State.FAILED, "Enter the final address", True),
    (Answer(401), State.FAILED, "wants a sign-in (401)", True),
    (Answer(403), State.FAILED, "forbids it (403)", True),
    (Answer(404, body=b"No route\r\n\x1b[31m"), State.FAILED, "(404): No route [31m.", True),
    (Answer(405), State.FAILED, "takes no POST there (405)", True),
    (Answer(410), State.FAILED, "gone for good (410)", True),
    (Answer(400, body=b"what?"), State.FAILED, "refuses the message (400): what?", False),
    (Answer(422), State.FAILED, "refuses the message (422)", False),
    (Answer(408), State.WAITING, "answered 408", False),
    (Answer(500, body=b"oops"), State.WAITING, "answered 500: oops.", False),
    (Answer(503), State.WAITING, "answered 503", False),
    (Answer(drop=True), State.WAITING, "closed the connection", False),
    (Answer(wait_s=60), State.WAITING, "No answer within 1 s", False),
    (Answer(drip_s=0.05), State.WAITING, "No answer within 1 s", False),
]


@pytest.mark.parametrize(("answer", "state", "words", "is_dead"), WEBHOOK)
def test_what_becomes_of_a_webhook(
    alert: Alert, servers: Servers, now: datetime,
    answer: Answer, state: str, words: str, is_dead: bool,
) -> None:  # fmt: skip
    servers.webhook.answer = answer
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)
    check(found[Kind.WEBHOOK], state, words, now)
    assert len(servers.webhook.requests) == 1
    assert {found[Kind.EMAIL].state, found[Kind.SLACK].state} == {State.SENT}
    assert (alert.destinations.get(kind=Kind.WEBHOOK).paused_at is not None) == is_dead
    assert [words in notice.notice for notice in notices()] == ([True] if is_dead else [])


def test_a_receiver_that_is_busy_names_the_time_to_come_back(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.webhook.answer = Answer(429, {"Retry-After": "120"})
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)[Kind.WEBHOOK]
    assert (found.state, found.attempts) == (State.WAITING, 0)
    assert 120 <= (found.available_at - now).total_seconds() < 123


def test_an_address_inside_is_never_called_and_pauses_its_channel(
    alert: Alert, servers: Servers, now: datetime, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    owed(alert, now)
    sending.send_due(now)
    assert servers.webhook.requests == []
    assert "OUTBOUND_ALLOW" in alert.destinations.get(kind=Kind.WEBHOOK).paused_reason


def check(delivery: Delivery, state: str, words: str, now: datetime) -> None:
    assert (delivery.state, delivery.attempts) == (state, 1)
    assert words in delivery.error
    assert delivery.lease_token is None
    if state == State.WAITING:
        assert SOON <= delivery.available_at - now < LATER
        assert delivery.finished_at is None
    else:
        assert delivery.finished_at is not None
        assert (delivery.error == "") == (state == State.SENT)


def test_without_slack_the_message_fails_and_says_where_to_connect(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    SlackConnection.objects.all().delete()
    owed(alert, now)
    sending.send_due(now)
    assert "Connect it on the settings page" in by_kind(alert)[Kind.SLACK].error
    assert alert.destinations.get(kind=Kind.SLACK).paused_at is None


def test_without_a_mail_server_an_email_counts_as_failed(
    alert: Alert, servers: Servers, now: datetime, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)[Kind.EMAIL]
    assert found.state == State.FAILED
    assert "Set EMAIL_HOST" in found.error
