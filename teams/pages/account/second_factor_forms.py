"""The forms of second factors, in our words, and with our count of wrong codes."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm

from teams.pages.account.words import InOurWords
from teams.signin import limits


class Counted:
    """Counts codes by person and address together, beside passwords (`teams.signin.limits`)."""

    user: Any

    def clean_code(self) -> str:
        attempt = limits.attempt(context.request, f"code:{self.user.email}", self.user.email)
        if attempt is None:
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()  # type: ignore[misc]
        attempt.was_right()
        return code


class AuthenticateForm(InOurWords, Counted, forms.AuthenticateForm):  # type: ignore[misc]
    """To sign in with a second factor."""


class ReauthenticateForm(InOurWords, Counted, forms.ReauthenticateForm):  # type: ignore[misc]
    """To say who one is once more."""


class ActivateTotpForm(InOurWords, ActivateTOTPForm):  # type: ignore[misc]
    """To begin with an app that makes codes."""


class AddPasskeyForm(InOurWords, AddWebAuthnForm):  # type: ignore[misc]
    """To make a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].label = "Sign in with it alone, without the password"
        self.fields["passwordless"].help_text = ""
        self.fields["name"].required = False
