"""A mail server on loopback that does what a test tells it to: takes, refuses, drops, hangs.

with FakeSmtp() as server:
    server.use(settings)
    server.at_recipient = "550 no such user"
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import threading
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.server import free_port

#: In place of a reply, at any step: the connection breaks, or nothing is ever said.
DROP, HANG = "drop", "hang"
#: At the message alone: it is taken, and the connection breaks before that is said.
TAKE_AND_DROP = "take and drop"


class FakeSmtp:
    """at_sender, at_recipient, at_message: a reply such as "451 later", DROP or HANG; "" for the
    usual one. by_recipient: the same for single addresses. slow_s: waited before each answer.
    messages: all that were taken."""

    def __init__(self) -> None:
        self.at_sender = self.at_recipient = self.at_message = ""
        self.by_recipient: dict[str, str] = {}
        self.slow_s = 0.0
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self._lock = threading.Lock()
        self.port = free_port()  # aiosmtpd connects to it once to see that it is up
        self._controller = Controller(self, "127.0.0.1", self.port, ready_timeout=10)

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it writes down every line
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop(no_assert=True)

    def use(self, settings: Any) -> None:
        """Make it the mail server of this process."""
        settings.EMAIL_BACKEND = "core.mail.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 1

    @property
    def environment(self) -> dict[str, str]:
        """The same for processes that a test starts."""
        port = str(self.port)
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "EMAIL_USE_TLS": "false"}

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if told := await self._act(server, self.at_sender):
            return told
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        wanted = self.by_recipient.get(address, self.at_recipient)
        if told := await self._act(server, wanted):
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at_message != TAKE_AND_DROP and (told := await self._act(server, self.at_message)):
            return told
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        with self._lock:
            self.messages.append(message)
            self.recipients += envelope.rcpt_tos
        if self.at_message == TAKE_AND_DROP:
            _break_off(server)
        return "250 OK"

    async def _act(self, server: SMTP, wanted: str) -> str:
        await asyncio.sleep(self.slow_s)
        if wanted == HANG:
            await asyncio.sleep(3600)
        if wanted == DROP:
            _break_off(server)
            return "421 gone"
        return wanted


def _break_off(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
