"""What people do with their own accounts: entered by what Django and allauth tell of it.

A person's entries stand in the logs of all teams that they are in; those of nobody's team are
for the operator alone.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from django.apps import apps
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal
from django.http import HttpRequest

from core.acting import acting_with
from teams.audit.recording import Values, record
from teams.models import Team, User

#: By allauth's names of its signals.
OF_ACCOUNTS = {
    "user_signed_up": "account.made",
    "password_set": "account.password_set",
    "password_changed": "account.password_changed",
    "password_reset": "account.password_reset",
    "email_changed": "account.email_changed",
    "email_added": "account.email_added",
    "email_removed": "account.email_removed",
}
OF_SECOND_FACTORS = {
    "authenticator_added": "account.second_factor_added",
    "authenticator_removed": "account.second_factor_removed",
    "authenticator_reset": "account.second_factor_reset",
}


def listen() -> None:
    """Enter sign-ins, failed ones, and what people change of their accounts, from now on."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    account.email_confirmed.connect(_confirmed, dispatch_uid="audit")
    for name, action in OF_ACCOUNTS.items():
        _enter(getattr(account, name), action)
    if apps.is_installed("allauth.mfa"):
        from allauth.mfa import signals as second_factors  # reads models: not before they are there

        for name, action in OF_SECOND_FACTORS.items():
            _enter(getattr(second_factors, name), action)


def _enter(signal: Signal, action: str) -> None:
    def entered(sender: object, user: User, **said: Any) -> None:
        addresses = {"from": said.get("from_email_address"), "to": said.get("to_email_address")}
        factor = getattr(said.get("authenticator"), "type", None)
        kept = {"address": said.get("email_address"), "factor": factor, **addresses}
        _record(action, user, {name: str(value) for name, value in kept.items() if value})

    signal.connect(entered, weak=False, dispatch_uid=f"audit {action}")


def _signed_in(sender: object, request: HttpRequest, user: User, **_more: Any) -> None:
    match = getattr(request, "resolver_match", None)
    _record("account.signed_in", user, {"by": match.url_name} if match else {})


def _signed_out(sender: object, user: User | None, **_more: Any) -> None:
    if user is not None:
        _record("account.signed_out", user)


def _confirmed(sender: object, email_address: Any, **_more: Any) -> None:
    _record("account.email_confirmed", email_address.user, {"address": email_address.email})


def _failed(sender: object, credentials: dict[str, Any], **_more: Any) -> None:
    typed = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email__iexact=typed).first() if "\x00" not in typed else None
    if user is not None:
        _record("account.sign_in_failed", user, is_known=False)
    else:
        # Some type their password where the address belongs.
        thing = typed if "@" in typed else "(no address)"
        record("account.sign_in_failed", kind="account", thing=thing)


def _record(action: str, user: User, after: Values | None = None, *, is_known: bool = True) -> None:
    """Enter it once for each team of the person. is_known: it is they who acted."""
    who = {"user_id": user.pk, "email": user.email} if is_known else {}
    teams: list[Team | None] = list(Team.objects.filter(memberships__user=user)) or [None]
    with acting_with(**who):
        for team in teams:
            record(
                action, kind="account", thing=user.email, thing_id=user.pk, team=team, after=after
            )
