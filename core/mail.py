"""Django's mail over SMTP, with one deadline for the whole of a connection.

EMAIL_TIMEOUT bounds each step alone, and a message takes a dozen of them: a server that is slow
at each would outlast the lease of a delivery and the time that a task may take.
"""

from __future__ import annotations

import smtplib
import time
from typing import Any

from django.conf import settings
from django.core.mail.backends import smtp

#: From connecting to the last reply. Less than DELIVERY_LEASE_S.
TOTAL_S = 45.0


#: Backends after which nobody has received anything.
PRINTING = ("console.EmailBackend", "dummy.EmailBackend")


def can_send() -> bool:
    """Say whether e-mails are sent at all; without EMAIL_HOST they are not."""
    return not str(settings.EMAIL_BACKEND).endswith(PRINTING)


class TooSlow(smtplib.SMTPServerDisconnected):
    """We left; the message says why, in words."""


class _WithDeadline(smtplib.SMTP):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ends_at = time.monotonic() + TOTAL_S
        super().__init__(*args, **kwargs)

    def getreply(self) -> tuple[int, bytes]:
        """Read the server's reply, with which every step ends, before the deadline of them all."""
        if self.sock is not None:
            self.sock.settimeout(max(0.001, min(self._left_s(), self.timeout)))
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected:
            if self._left_s() > 0:
                raise
            words = f"The mail server takes more than {TOTAL_S:g} s for one message."
            raise TooSlow(words) from None

    def _left_s(self) -> float:
        return self._ends_at - time.monotonic()


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _WithDeadline
