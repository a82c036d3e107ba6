"""What must hold of a server on the internet: `manage.py check --deploy`, and a start with
PRODUCTION=true, which refuses what is an error here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core import mail

MIN_SECRET_CHARS = 50


@register(Tags.security, deploy=True)
def check_production(app_configs: Any = None, **_more: Any) -> Iterable[CheckMessage]:
    """Say what makes a server unsafe on the internet, and what to set."""
    if not settings.PRODUCTION:
        return [_warning("PRODUCTION is not set.", "Set PRODUCTION=true.", 1)]
    return list(_findings())


def why_refused() -> list[str]:
    """Return why a start with PRODUCTION=true is refused, a sentence and what to do each."""
    found = checks.run_checks(tags=[Tags.security], include_deployment_checks=True)
    return [f"{each.msg} {each.hint or ''}".strip() for each in found if each.is_serious()]


def _findings() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield _error("DEBUG shows code and settings to everybody.", "Set DEBUG=false.", 2)
    host = urlsplit(settings.BASE_URL).hostname or ""
    if not settings.BASE_URL.startswith("https://"):
        hint = "Set BASE_URL=https://name, and put a proxy with a certificate in front."
        yield _error("BASE_URL is no https address: passwords travel in the clear.", hint, 3)
    if "*" in settings.ALLOWED_HOSTS:
        hint = f"Set ALLOWED_HOSTS={host or 'signals.example.com'}, or leave it out."
        yield _error("ALLOWED_HOSTS=* answers under any name.", hint, 4)
    if len(settings.SECRET_KEY) < MIN_SECRET_CHARS:
        hint = "Leave it out, and one is made; or take 50 random characters and more."
        yield _error("SECRET_KEY is short: sessions could be forged.", hint, 5)
    if settings.SIGNUP == "open" and not mail.can_send():
        hint = "Set EMAIL_HOST, or SIGNUP=invite."
        words = "SIGNUP=open without a mail server: nobody who makes an account can confirm it."
        yield _error(words, hint, 6)
    if settings.OIDC_LOGIN_ISSUER and not settings.OIDC_LOGIN_ISSUER.startswith("https://"):
        hint = "Set OIDC_LOGIN_ISSUER to an https address."
        yield _error("The provider of single sign-on is asked without TLS.", hint, 7)


def _error(words: str, hint: str, number: int) -> CheckMessage:
    return Error(words, hint=hint, id=f"signals.E{number:03}")


def _warning(words: str, hint: str, number: int) -> CheckMessage:
    return Warning(words, hint=hint, id=f"signals.W{number:03}")
