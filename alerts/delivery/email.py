"""E-mail: text and HTML of one message, to one person, through Django's mail backend."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string

from alerts.delivery.failures import Permanent, Retryable
from core.mail import TooSlow, can_send

NO_SERVER = (
    "No mail server is set: e-mails are printed to the worker's output, and nobody gets them. "
    "Set EMAIL_HOST and start again."
)
NOT_CONFIGURED = (
    "No mail server is set, so the e-mail was only printed to the worker's output. "
    "Set EMAIL_HOST, start again, and retry."
)
#: Line ends and other control characters, which end a header, the two Unicode line ends, and what
#: turns the direction of writing: after it the rest of a subject would read backwards.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]+")
LONGEST_SUBJECT = 200


def is_configured() -> bool:
    """Say whether e-mails are sent at all; without EMAIL_HOST they are printed."""
    return can_send()


def render(name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Text and HTML from `alerts/email/<name>.txt` and `.html`, which extend `base`."""
    given = {"base_url": settings.BASE_URL, **context}
    text = render_to_string(f"alerts/email/{name}.txt", given)
    html = render_to_string(f"alerts/email/{name}.html", given)
    # Blocks of a template that are left out leave their lines; a figure keeps its unit.
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html.replace(" %", "&nbsp;%")


def send(
    to: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    headers: Mapping[str, str] = {},
) -> None:
    """Returns once the server has accepted the message.

    message_id: what makes it this message, such as the delivery's uuid, without brackets and
    host: the same one sent twice bears the same Message-ID.

    Raises Retryable or Permanent, also when there is no mail server.
    """
    message = mail.EmailMultiAlternatives(
        one_line(subject)[:LONGEST_SUBJECT],
        text,
        to=[to],
        headers={
            "Message-ID": f"<{message_id}@{_host()}>",
            # Of RFC 3834: out-of-office assistants do not answer.
            "Auto-Submitted": "auto-generated",
            **{name: one_line(value) for name, value in headers.items()},
        },
        # Printed, the text is what a person can read.
        alternatives=[(html, "text/html")] if is_configured() else [],
    )
    try:
        _hand_over(message)
    except smtplib.SMTPException as error:
        raise _meaning(error, to) from error
    except OSError as error:
        words = f"The mail server could not be reached ({_reason(error)})."
        raise Retryable(words) from error
    if not is_configured():
        raise Permanent(NOT_CONFIGURED)


def unsubscribe_headers(url: str) -> dict[str, str]:
    """RFC 2369 and, over HTTPS as it demands, RFC 8058: the client's own button posts there."""
    listed = {"List-Unsubscribe": f"<{url}>"}
    if url.startswith("https://"):
        listed["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return listed


def one_line(text: str) -> str:
    """Return a text fit for a header: names may hold line ends, which Django refuses there."""
    return CONTROL.sub(" ", text).strip()


def _hand_over(message: mail.EmailMultiAlternatives) -> None:
    """Hand the message to the server. A connection that breaks when it is closed has delivered all
    the same: left to itself, Django would report that as a failure, and the retry would double the
    message."""
    connection = mail.get_connection()
    message.connection = connection
    try:
        connection.open()
        message.send()
    finally:
        with suppress(OSError):  # SMTPException is one
            connection.close()


def _meaning(error: smtplib.SMTPException, to: str) -> Exception:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusal(f"The mail server refuses {to}", *next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPDataError):
        what = "The mail server refuses the message"
        return _refusal(what, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        words = "The mail server refuses the account: check EMAIL_HOST_USER and its password"
    elif isinstance(error, smtplib.SMTPSenderRefused):
        words = f"The mail server refuses the sender {settings.DEFAULT_FROM_EMAIL}: see EMAIL_FROM"
    elif isinstance(error, smtplib.SMTPServerDisconnected):
        return Retryable(_broke_off(error))
    elif isinstance(error, smtplib.SMTPNotSupportedError):
        return Retryable("The mail server knows no STARTTLS: see EMAIL_USE_TLS.")
    else:
        words = "The mail server did not take the message"
    if isinstance(error, smtplib.SMTPResponseException):
        words += _told(error.smtp_code, error.smtp_error)
    return Retryable(f"{words}.")


def _broke_off(error: smtplib.SMTPServerDisconnected) -> str:
    if isinstance(error, TooSlow):
        return str(error)
    if "timed out" in str(error):  # smtplib keeps no more of the TimeoutError
        return f"The mail server did not answer within {settings.EMAIL_TIMEOUT} s."
    return "The mail server closed the connection in the middle of the message."


def _refusal(what: str, code: int, said: bytes | str) -> Exception:
    """Read a refusal: a reply of 5xx to a recipient or to the message will be the same next
    time."""
    words = f"{what}{_told(code, said)}."
    return Permanent(words) if 500 <= code < 600 else Retryable(words)


def _told(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f" ({code} {one_line(text)[:200]})".replace(" )", ")")


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {settings.EMAIL_TIMEOUT} s"
    return one_line(error.strerror or str(error) or type(error).__name__)[:200]


def _host() -> str:
    return urlsplit(settings.BASE_URL).hostname or "localhost"
