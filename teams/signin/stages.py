"""The step of a sign-in that asks for a confirmed address."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.email_verification import send_verification_email_at_login
from allauth.account.stages import EmailVerificationStage

from teams.signin import entrance


class ConfirmedAddressStage(EmailVerificationStage):  # type: ignore[misc]
    def handle(self) -> tuple[Any, bool]:
        """Hold up who made an account by an open door; whom somebody let in may come in before the
        address is confirmed, and gets no mail there until it is."""
        user = self.login.user
        if user is None or not entrance.may_enter_unconfirmed(user):
            return super().handle()  # type: ignore[no-any-return]
        if self.login.signup:
            send_verification_email_at_login(self.request, self.login)
        return None, True
