"""From a stored firing to a message that arrives."""

from __future__ import annotations

import html
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.delivery import claiming, sending
from alerts.delivery.retrying import MAX_ATTEMPTS
from alerts.models import Alert, Delivery, Destination, Kind
from core.background import leases
from core.background.leases import SoleWork
from teams.models import User
from tests.alerts.delivery.conftest import Servers
from tests.alerts.owed import by_kind, owed
from tests.fake_slack import FakeSlack, limited

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
State = Delivery.State


def test_a_firing_arrives_by_every_channel_and_says_so(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    assert len(owed(alert, now)) == 3
    assert sending.send_due(now) == 3
    assert {each.state for each in by_kind(alert).values()} == {State.SENT}
    assert all(each.finished_at and each.attempts == 1 for each in by_kind(alert).values())
    assert servers.smtp.recipients == ["ada@example.org"]
    assert servers.slack.posted[0]["channel"] == "C1"
    assert servers.webhook.requests[0].path == "/hook"
    assert sending.send_due(now + timedelta(hours=1)) == 0


def test_an_email_can_be_read_as_text_and_as_html_and_muted_from_the_client(
    alert: Alert, servers: Servers, now: datetime, settings: Any
) -> None:
    settings.BASE_URL = "https://signals.example.org"
    Alert.objects.update(name="<b>Refunds</b>\r\nBcc: eve@example.org")
    User.objects.update(time_zone="Europe/Berlin")
    owed(alert, now)
    sending.send_due(now)
    message = servers.smtp.messages[0]
    assert message["Subject"].startswith("<b>Refunds</b> Bcc: eve@example.org: True rate up by 20")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip(" <>")
    assert "/mute/" in link
    plain, rich = message.get_body(["plain"]), message.get_body(["html"])
    assert plain is not None
    assert rich is not None
    for text in (plain.get_content(), html.unescape(rich.get_content()).replace("\xa0", " ")):
        assert "True rate goes up by 20 % over 1 h, compared with the 1 h before." in text
        assert "18.2 %, before 12.1 % (+50.4 %)" in text
        assert "Wed 25 Nov 2026, 14:05 to 15:05 CET" in text
        assert f"/alerts/{alert.uuid}/" in text
        assert link in text
    assert "&lt;b&gt;Refunds&lt;/b&gt;" in rich.get_content()
    assert "<b>Refunds</b>" in plain.get_content()
    assert "&" not in plain.get_content()
    assert Destination.objects.filter(paused_at__isnull=False).count() == 0


def test_two_senders_never_claim_the_same_message(alert: Alert, now: datetime) -> None:
    owed(alert, now)
    first, second = claiming.claim(2, now), claiming.claim(2, now)
    assert len(first) == 2
    assert len(second) == 1
    assert not {each.pk for each in first} & {each.pk for each in second}


def test_who_lost_the_lease_changes_nothing(alert: Alert, now: datetime) -> None:
    owed(alert, now)
    late = claiming.claim(3, now)
    taken = claiming.claim(3, now + timedelta(minutes=5))
    assert len(taken) == 3
    assert {each.attempts for each in taken} == {2}
    assert not claiming.finish(late[0], State.SENT, now)
    assert claiming.finish(taken[0], State.SENT, now)


def test_a_message_that_kills_its_sender_every_time_fails_in_the_end(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    owed(alert, now)
    Delivery.objects.update(attempts=MAX_ATTEMPTS)
    sending.send_due(now)
    found = by_kind(alert)[Kind.EMAIL]
    assert found.state == State.FAILED
    assert "died 8 times" in found.error
    assert servers.smtp.messages == []


def test_an_error_of_ours_stops_no_other_message(
    alert: Alert, servers: Servers, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("alerts.text.messages.slack_blocks", break_)
    owed(alert, now)
    sending.send_due(now)
    found = by_kind(alert)
    assert (found[Kind.SLACK].state, found[Kind.EMAIL].state) == (State.WAITING, State.SENT)
    assert "An error of ours (KeyError)" in found[Kind.SLACK].error


def test_the_task_sends_until_nothing_is_due_and_waits_for_a_short_rest(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    answers = [limited(1)]
    servers.slack.answer = lambda request: (
        answers.pop()
        if "post" in request.path and answers
        else FakeSlack._usual(servers.slack, request)
    )
    owed(alert, now)
    sending.deliver_for_a_while()
    assert {each.state for each in by_kind(alert).values()} == {State.SENT}
    assert len(servers.slack.posted) == 2


def test_one_process_sends_at_a_time(alert: Alert, servers: Servers, now: datetime) -> None:
    owed(alert, now)
    with leases.hold(SoleWork.DELIVERY):
        sending.deliver_for_a_while()
        assert {each.state for each in by_kind(alert).values()} == {State.WAITING}
    sending.deliver_for_a_while()
    assert {each.state for each in by_kind(alert).values()} == {State.SENT}
