"""What allauth asks us: who may make an account, how links in mails begin, who tried too often."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core import mail
from teams.models import Membership, User
from teams.signin import entrance, first_visitor, letters, limits, links

CONFIRMATION_SENT = "account/messages/email_confirmation_sent.txt"
STAGE = "allauth.account.stages.EmailVerificationStage"
OWN_STAGE = "teams.signin.stages.ConfirmedAddressStage"
NOT_YOURS = "account/messages/email_confirmation_failed.txt"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": "Too many wrong tries. Wait five minutes, then try again.",
        "email_password_mismatch": "This address and this password do not belong together.",
        "incorrect_code": "That is not the code. Codes change every 30 seconds.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return entrance.is_open_to(request)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        with transaction.atomic():
            try:
                let_in = entrance.let_in_now(request)
                saved: User = super().save_user(request, user, form, commit)
                self._keep_proof(request, saved)
                entrance.welcome(request, saved, let_in)
            except entrance.Closed:  # since the page was shown
                raise ImmediateHttpResponse(redirect("account_signup")) from None
        return saved

    def _keep_proof(self, request: HttpRequest, user: User) -> None:
        """Have an address confirmed that an invitation was mailed to."""
        invitation = entrance.invitation_of(request)
        if invitation and invitation.proves_address and invitation.email == user.email.lower():
            self.stash_verified_email(request, user.email)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign a person in; who comes for the first time and is in no team starts with one."""
        is_first_time = user.last_login is None
        super().login(request, user)
        in_a_team = Membership.objects.filter(user=user).exists()
        if is_first_time and not in_a_team and not entrance.take_up(request, user):
            first_visitor.start_with_a_team(user)

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        limits.remember(request, response, user.email)
        return response

    def get_login_stages(self) -> list[str]:
        return [OWN_STAGE if stage == STAGE else stage for stage in super().get_login_stages()]

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, unless an account has it by now that has not confirmed it yet."""
        others = User.objects.exclude(pk=email_address.user_id)
        if others.filter(email=email_address.email).exists():
            said = {"email": email_address.email}
            self.add_message(request, messages.ERROR, NOT_YOURS, said)
            return False
        return bool(super().confirm_email(request, email_address))

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Let a person drop an address that they asked to change to, never the one in use."""
        return bool(email_address.email != email_address.user.email)

    # How often may somebody try?

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._attempt = limits.attempt(request, str(credentials.get("email", "")))
        if self._attempt is None:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        if self._attempt:
            self._attempt.was_right()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **login: Any) -> None:
        limits.forgive(request, str(login.get("email", "")))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask who it is again, of those who have anything to answer with: somebody whom a printed
        link signed in has no password yet."""
        required = super().is_reauthentication_required(app=app, **kwargs)
        return bool(required and get_reauthentication_flows(context.request.user))

    # Mail, and the links in it.

    def get_reset_password_from_key_url(self, key: str) -> str:
        return links.reset_address(key)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return str(settings.BASE_URL) + path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        letters.send(template_prefix, email, context)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say what happened; where no mail can be sent, nothing claims that one was."""
        if message_template == CONFIRMATION_SENT and not mail.can_send():
            email = (message_context or {}).get("email", "")
            message_template, message = None, letters.whom_to_ask_about(email)
        super().add_message(request, level, message_template, message_context, extra_tags, message)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address, which `core.http.proxies` has found."""
        address = str(request.META.get("REMOTE_ADDR", ""))
        if not address:
            raise ImproperlyConfigured("core.http.proxies.TrustedProxiesMiddleware comes first.")
        return address
