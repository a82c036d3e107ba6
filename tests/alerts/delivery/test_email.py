"""An e-mail leaves once, readable both ways, and a refusal says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends import locmem

from alerts.delivery import email
from alerts.delivery.failures import Permanent, Retryable
from core import mail as core_mail
from tests.fake_smtp import DROP, HANG, TAKE_AND_DROP, FakeSmtp

pytestmark = pytest.mark.slow


@pytest.fixture
def smtp(settings: Any) -> Iterator[FakeSmtp]:
    with FakeSmtp() as server:
        server.use(settings)
        yield server


def send(**changes: Any) -> None:
    given: dict[str, Any] = {
        "to": "ann@example.com",
        "subject": "Label volume above 1 over 5m",
        "text": "In plain words.",
        "html": "<p>In <b>HTML</b>.</p>",
        "message_id": "17",
    }
    email.send(**(given | changes))


def test_text_and_html_arrive_with_the_headers_and_a_message_id_that_stays(smtp: FakeSmtp) -> None:
    send(headers={"List-Unsubscribe": "<http://here/x>"})
    send()
    first, second = smtp.messages
    assert first["To"] == "ann@example.com"
    assert first["List-Unsubscribe"] == "<http://here/x>"
    assert first["Message-ID"] == second["Message-ID"] == "<17@127.0.0.1>"
    plain, rich = first.get_body(["plain"]), first.get_body(["html"])
    assert plain is not None
    assert rich is not None
    assert plain.get_content() == "In plain words."
    assert "<b>HTML</b>" in rich.get_content()


def test_a_name_with_a_line_end_cannot_break_the_header(smtp: FakeSmtp) -> None:
    send(subject="Refunds\r\nBcc: eve@example.com\x00\u2028 fired")
    assert smtp.messages[0]["Subject"] == "Refunds Bcc: eve@example.com  fired"
    assert smtp.recipients == ["ann@example.com"]


def test_a_server_that_is_slow_at_each_step_is_left_in_the_end(
    smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_mail, "TOTAL_S", 0.5)
    smtp.slow_s = 0.4
    with pytest.raises(Retryable, match=r"more than 0\.5 s for one message"):
        send()
    assert smtp.messages == []


def test_a_name_cannot_turn_the_rest_of_a_subject_around(smtp: FakeSmtp) -> None:
    send(subject="Refunds \u202e\u2067fdp.exe: above 1")
    assert smtp.messages[0]["Subject"] == "Refunds  fdp.exe: above 1"


@pytest.mark.parametrize(
    ("place", "reply", "kind", "words"),
    [
        ("at_recipient", "550 no such user", Permanent, "refuses ann@example.com (550 no such"),
        ("at_recipient", "451 greylisted", Retryable, "refuses ann@example.com (451 greylisted)"),
        ("at_recipient", "421 too busy", Retryable, "421 too busy"),
        ("at_message", "554 looks like spam", Permanent, "refuses the message (554 looks like"),
        ("at_message", "452 disk full", Retryable, "refuses the message (452 disk full)"),
        ("at_sender", "553 not yours", Retryable, "see EMAIL_FROM (553 not yours)"),
        ("at_sender", DROP, Retryable, "closed the connection"),
        ("at_message", DROP, Retryable, "closed the connection"),
        ("at_message", TAKE_AND_DROP, Retryable, "closed the connection"),
        ("at_recipient", HANG, Retryable, "did not answer within 1 s"),
    ],
)
def test_a_refusal_of_5xx_is_for_good_and_all_else_is_tried_again(
    smtp: FakeSmtp, place: str, reply: str, kind: type[Exception], words: str
) -> None:
    setattr(smtp, place, reply)
    with pytest.raises(kind) as caught:
        send()
    assert words in str(caught.value)


def test_a_mail_client_gets_its_own_button_where_the_link_is_https() -> None:
    """RFC 8058 asks for https."""
    listed = {"List-Unsubscribe": "<https://here/x/>"}
    posting = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert email.unsubscribe_headers("https://here/x/") == listed | posting
    assert email.unsubscribe_headers("http://here/x/") == {"List-Unsubscribe": "<http://here/x/>"}


def test_a_server_that_is_not_there_is_tried_again(settings: Any) -> None:
    with FakeSmtp() as server:
        server.use(settings)
    with pytest.raises(Retryable, match="could not be reached"):
        send()


def test_without_a_mail_server_the_text_is_printed_and_nothing_counts_as_sent(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert not email.is_configured()
    with pytest.raises(Permanent, match="Set EMAIL_HOST"):
        send()
    printed = capsys.readouterr().out
    assert "In plain words." in printed
    assert "<p>" not in printed


def test_a_connection_that_breaks_after_the_message_was_taken_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_off(_self: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(locmem.EmailBackend, "close", break_off)
    send()
    assert len(mail.outbox) == 1
