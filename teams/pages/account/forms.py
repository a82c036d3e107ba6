"""The forms of the account pages. None of them says, by word or by time, who has an account."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.core import context, ratelimit
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from teams.pages.account.words import InOurWords
from teams.signin import entrance


class LoginForm(InOurWords, forms.LoginForm):  # type: ignore[misc]
    """To sign in."""


class SignupForm(InOurWords, forms.SignupForm):  # type: ignore[misc]
    """To make an account. invitation: what was said yes to before, if anything."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = entrance.invitation_of(context.request)
        if self.invitation and self.invitation.email:
            self.fields["email"].initial = self.invitation.email

    def clean_email(self) -> str:
        """Refuse another address than the invitation's."""
        email: str = super().clean_email()
        if self.invitation and self.invitation.email not in ("", email.lower()):
            raise ValidationError(f"The invitation is for {self.invitation.email}.")
        return email

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account; for an address that has one, take the time of a password's hash."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class AddEmailForm(InOurWords, forms.AddEmailForm):  # type: ignore[misc]
    """To change to another address."""

    def save(self, request: HttpRequest) -> EmailAddress:
        """Keep the new address beside the old one, which stays in use until the new is confirmed,
        also where the old one never was."""
        EmailAddress.objects.filter(user=self.user, verified=False).exclude(
            email=self.user.email
        ).delete()
        asked_for = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"])
        send_verification_email_to_address(request, asked_for)
        return asked_for


class ChangePasswordForm(InOurWords, forms.ChangePasswordForm):  # type: ignore[misc]
    """To change a password."""


class SetPasswordForm(InOurWords, forms.SetPasswordForm):  # type: ignore[misc]
    """To choose a first password."""


class ResetPasswordForm(InOurWords, forms.ResetPasswordForm):  # type: ignore[misc]
    """To ask for the link that resets a password."""

    def save(self, request: HttpRequest, **more: Any) -> str:
        """Send the link, unless several were sent within the hour: those are good for days."""
        email: str = self.cleaned_data["email"]
        if ratelimit.consume(request, action="reset_mail", key=email.lower()):
            super().save(request, **more)
        return email


class ResetPasswordKeyForm(InOurWords, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """To choose the password after that link."""


class ReauthenticateForm(InOurWords, forms.ReauthenticateForm):  # type: ignore[misc]
    """To say who one is once more."""
