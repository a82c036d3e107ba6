"""A message is tried again, dropped, or its channel paused; a person can take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.delivery import manual_retry, sending
from alerts.delivery.retrying import MAX_ATTEMPTS
from alerts.models import Alert, AlertMute, Delivery, Kind, SlackConnection
from teams.models import Membership, User
from tests.alerts.delivery.conftest import Servers
from tests.alerts.owed import by_kind, notices, owed
from tests.fake_slack import error
from tests.fake_webhook import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
State = Delivery.State


def test_a_message_is_tried_for_two_hours_and_then_given_up(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.webhook.answer = Answer(500)
    owed(alert, now)
    moments, at = [], now
    while (found := by_kind(alert).get(Kind.WEBHOOK)) and found.state == State.WAITING:
        at = max(found.available_at, now)
        moments.append(at)
        sending.send_due(at)
    assert len(moments) == len(servers.webhook.requests) == MAX_ATTEMPTS
    assert timedelta(hours=1.5) < moments[-1] - now < timedelta(hours=2.6)
    assert found is not None
    assert found.state == State.FAILED
    assert "Given up after 8 tries" in found.error
    assert alert.destinations.get(kind=Kind.WEBHOOK).paused_at is None


def test_an_attempt_again_bears_the_same_id(alert: Alert, servers: Servers, now: datetime) -> None:
    servers.webhook.answer = Answer(500)
    servers.smtp.at_recipient = "451 later"
    owed(alert, now)
    sending.send_due(now)
    servers.webhook.answer, servers.smtp.at_recipient = Answer(), ""
    sending.send_due(now + timedelta(minutes=2))
    first, second = (request.headers["webhook-id"] for request in servers.webhook.requests)
    assert first == second == f"msg_{by_kind(alert)[Kind.WEBHOOK].uuid}"
    uuid = by_kind(alert)[Kind.EMAIL].uuid
    assert servers.smtp.messages[0]["Message-ID"] == f"<{uuid}@127.0.0.1>"


def mute(alert: Alert) -> None:
    AlertMute.objects.create(alert=alert, user=User.objects.get())


ALL = {"email", "slack", "webhook"}
DROPS: list[Any] = [
    (lambda a: Alert.objects.update(state="archived"), "archived before", ALL),
    (lambda a: Alert.objects.update(state="paused"), "paused before", ALL),
    (mute, "Muted before", {"email"}),
    (lambda a: Membership.objects.all().delete(), "left the team", {"email"}),
    (lambda a: User.objects.update(is_active=False), "left the team", {"email"}),
    (lambda a: a.destinations.filter(kind="slack").update(address="C2"), "tells others", {"slack"}),
    (lambda a: a.destinations.filter(kind="webhook").delete(), "tells others", {"webhook"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words", "kinds"), DROPS)
def test_what_nobody_wants_any_more_is_dropped(
    alert: Alert, servers: Servers, now: datetime,
    change: Callable[[Alert], object], words: str, kinds: set[str],
) -> None:  # fmt: skip
    owed(alert, now)
    change(alert)
    sending.send_due(now)
    dropped = {each for each in by_kind(alert).values() if each.state == State.DROPPED}
    assert {str(each.kind) for each in dropped} == kinds
    assert all(words in each.error for each in dropped)
    assert {
        str(each.kind) for each in by_kind(alert).values() if each.state == State.SENT
    } == ALL - kinds


def test_of_many_messages_to_a_dead_channel_one_tells_the_team(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.slack.says["chat.postMessage"] = error("is_archived")
    for index in range(4):
        owed(alert, now, now - timedelta(minutes=index))
    sending.send_due(now)
    assert len(notices()) == 1
    sending.send_due(now + timedelta(minutes=1))
    told = [message for message in servers.smtp.messages if "is paused" in message["Subject"]]
    assert len(told) == 1
    body = told[0].get_body(["plain"])
    assert body is not None
    assert "Slack #support gets no more messages. The Slack channel is archived" in (
        " ".join(body.get_content().split())
    )


@pytest.mark.django_db(transaction=True)
def test_a_dead_channel_is_one_line_in_the_log_and_each_lost_message_another(
    alert: Alert, servers: Servers, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    servers.slack.says["chat.postMessage"] = error("is_archived")
    for index in range(2):
        owed(alert, now, now - timedelta(minutes=index))
    sending.send_due(now)
    channel = alert.destinations.get(kind=Kind.SLACK)
    ids = f"project={alert.project_id} alert={alert.pk} channel={channel.pk}"
    paused = [text for text in caplog.messages if text.startswith("channel paused: ")]
    assert len(paused) == 1
    assert paused[0].startswith(f'channel paused: {ids} kind="slack" delivery=')
    lost = [text for text in caplog.messages if text.startswith("delivery given up: ")]
    assert len(lost) == 2
    assert "#support" not in caplog.text  # the address is the team's


def test_what_was_owed_to_a_channel_before_its_pause_fails_with_the_reason(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    owed(alert, now)
    alert.destinations.filter(kind=Kind.SLACK).update(paused_at=now, paused_reason="Archived.")
    sending.send_due(now)
    found = by_kind(alert)[Kind.SLACK]
    assert (found.state, found.error) == (
        State.FAILED,
        "Not sent, because the channel is paused. Archived.",
    )
    assert servers.slack.posted == []


def test_a_pause_is_taken_back_and_the_last_message_arrives(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.slack.says["chat.postMessage"] = error("not_in_channel")
    owed(alert, now)
    sending.send_due(now)
    del servers.slack.says["chat.postMessage"]
    channel = alert.destinations.get(kind=Kind.SLACK)
    assert manual_retry.resume(channel, now)
    assert not manual_retry.resume(channel, now)
    sending.send_due(now)
    assert by_kind(alert)[Kind.SLACK].state == State.SENT
    assert len(servers.slack.posted) == 2


def test_a_channel_that_is_still_dead_pauses_again(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.webhook.answer = Answer(410)
    owed(alert, now)
    sending.send_due(now)
    manual_retry.resume(alert.destinations.get(kind=Kind.WEBHOOK), now)
    sending.send_due(now + timedelta(seconds=1))
    assert alert.destinations.get(kind=Kind.WEBHOOK).paused_at is not None
    assert len(notices()) == 2
    assert f"Webhook 127.0.0.1:{servers.webhook.port} gets no more" in notices()[0].notice


def test_a_failed_message_is_tried_afresh_when_a_person_asks(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.smtp.at_recipient = "550 no such user"
    owed(alert, now)
    sending.send_due(now)
    servers.smtp.at_recipient = ""
    assert manual_retry.retry(by_kind(alert)[Kind.EMAIL], now)
    assert not manual_retry.retry(by_kind(alert)[Kind.SLACK], now)  # it was sent
    sending.send_due(now)
    found = by_kind(alert)[Kind.EMAIL]
    assert (found.state, found.attempts, found.error) == (State.SENT, 1, "")


def test_a_connection_made_meanwhile_is_not_broken_by_the_old_token(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    servers.slack.says["chat.postMessage"] = error("token_revoked")
    owed(alert, now)
    SlackConnection.objects.update(connected_at=now + timedelta(seconds=1))
    sending.send_due(now)
    assert by_kind(alert)[Kind.SLACK].state == State.FAILED
    assert SlackConnection.objects.get().broken_reason == ""
    assert notices() == []
