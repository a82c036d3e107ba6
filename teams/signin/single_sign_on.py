"""Signing in by an OpenID Connect provider: who may, and what its word is worth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse, SignupClosedException
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from teams.models import User
from teams.signin import entrance


def is_on() -> bool:
    """Say whether a provider is set."""
    return bool(settings.OIDC_LOGIN_ISSUER)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse what leads to no account of ours by an address that the provider has confirmed.

        An identity joins an account by that address alone: nobody can add theirs to a stranger's.
        """
        if sociallogin.state.get("process") == "connect":
            raise ImmediateHttpResponse(redirect("account"))
        if sociallogin.is_existing:
            return
        if not any(each.verified for each in sociallogin.email_addresses):
            words = f"{settings.OIDC_LOGIN_NAME} names no confirmed e-mail address for you."
            get_account_adapter(request).add_message(request, messages.ERROR, message=words)
            raise ImmediateHttpResponse(redirect("account_login"))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        with transaction.atomic():
            try:
                let_in = entrance.let_in_now(request)
                user: User = super().save_user(request, sociallogin, form)
                entrance.welcome(request, user, let_in)
            except entrance.Closed:
                raise SignupClosedException() from None
        return user
