"""Letters about accounts. They are sent by the worker, so that how long a page takes does not tell
whether an address is known, and sealed until then, since some hold a link that opens an account."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from core import log_lines, mail, sealing
from core.background.queue import enqueue

logger = logging.getLogger(__name__)
SEND = "teams.tasks.send_letter"
#: To an address that nobody has: written like the others, for the time that takes, and not sent.
NEVER_SENT = "account/email/unknown_account"


def send(template: str, to: str, context: dict[str, Any]) -> None:
    """Write a letter from the templates `<template>_subject.txt` and `<template>_message.txt`, and
    have it sent; where no mail server is set, nothing happens."""
    if not mail.can_send():
        return
    given = context | {"base_url": settings.BASE_URL, "email": to, "request": None}
    subject = "Signals: " + " ".join(render_to_string(f"{template}_subject.txt", given).split())
    text = render_to_string(f"{template}_message.txt", given).strip() + "\n"
    letter = {"to": "" if template == NEVER_SENT else to, "subject": subject, "text": text}
    enqueue(SEND, base64.b64encode(sealing.seal(json.dumps(letter))).decode())


def deliver(sealed: str) -> None:
    """Send a letter that was written before; a failure is a line in the log."""
    letter = json.loads(sealing.unseal(base64.b64decode(sealed)))
    if not letter["to"]:
        return
    message = EmailMultiAlternatives(letter["subject"], letter["text"], to=[letter["to"]])
    try:
        message.send()
    except OSError as error:
        kind = type(error).__name__
        log_lines.write(logger, logging.WARNING, "letter not sent", error=kind, text=str(error))


def whom_to_ask_about(email: str) -> str:
    """Say what to do where no mail can be sent."""
    return (
        f"This server sends no mail, so nothing was sent to {email}. Ask whoever runs it to "
        f"confirm the address: manage.py confirm_email {email}"
    )
