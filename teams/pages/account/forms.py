"""The forms of the account pages, in our words: allauth's say "Email" and "Remember Me"."""

from __future__ import annotations

from typing import Any

from allauth.account import forms

#: By the label that allauth gives.
WORDS = {
    "Email": "E-mail address",
    "Remember Me": "Keep me signed in",
    "Current Password": "Current password",
    "New Password": "New password",
    "New Password (again)": "New password again",
    "Password (again)": "Password again",
}


class InOurWords:
    """Labels of ours, and no placeholder that says the label a second time."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = WORDS.get(str(field.label), field.label)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(InOurWords, forms.LoginForm):  # type: ignore[misc]
    """To sign in."""


class SignupForm(InOurWords, forms.SignupForm):  # type: ignore[misc]
    """To make an account."""


class AddEmailForm(InOurWords, forms.AddEmailForm):  # type: ignore[misc]
    """To add an address."""


class ChangePasswordForm(InOurWords, forms.ChangePasswordForm):  # type: ignore[misc]
    """To change a password."""


class SetPasswordForm(InOurWords, forms.SetPasswordForm):  # type: ignore[misc]
    """To choose a first password."""


class ResetPasswordForm(InOurWords, forms.ResetPasswordForm):  # type: ignore[misc]
    """To ask for the link that resets a password."""


class ResetPasswordKeyForm(InOurWords, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """To choose the password after that link."""
