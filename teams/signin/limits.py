"""How often a password or a code may be wrong, the same for all processes.

Counted by account and address together: five wrong ones, and that address waits some minutes for
that account, which nobody else notices. Two counts are wider, against many addresses that try one
account, and against one address that tries many accounts; both would let an attacker lock people
out. So a browser that an account was signed in with before is known by a cookie and counted by
itself, whatever others do. An address that is over its count may still try each account once.

allauth's own limits do the counting, in the cache that all processes share.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

# `allauth.core.ratelimit` would hide what was counted, and success must take it back.
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

COOKIE = "known_browser"
SALT = "teams.signin.known_browser"
COOKIE_AGE_S = 365 * 24 * 3600
#: Accounts that one browser is known to; the one seen longest ago goes.
MOST_ACCOUNTS = 6


@dataclass
class Attempt:
    """A try that was counted before anybody knew whether it is right."""

    counted: list[RateLimitUsage] = field(default_factory=list)

    def was_right(self) -> None:
        """Take the count back: only wrong tries count."""
        for usage in self.counted:
            usage.rollback()


def attempt(request: HttpRequest, account: str, known_as: str = "") -> Attempt | None:
    """Count a try to get into an account; None where it is one too many.

    account: whose password it is, or what else is tried. known_as: the address by which browsers
    know the account, where that is another word.
    """
    account = account.lower()
    tried = Attempt()
    if nonce := _nonce(request, known_as or account):
        return tried if _count(request, tried, "signin_device", f"{account}:{nonce}") else None
    pair = f"{account}:{ratelimit.get_ip(request)}"
    if not _count(request, tried, "signin_pair", pair):
        return None
    if not _count(request, tried, "signin_account", account):
        return None
    if _count(request, tried, "signin_address") or (
        _count(request, tried, "signin_spared", pair)
        and _count(request, tried, "signin_spared_in_all")
    ):
        return tried
    return None


def forgive(request: HttpRequest, account: str) -> None:
    """Forget the wrong tries of this address, after its person has set a new password."""
    pair = f"{account.lower()}:{ratelimit.get_ip(request)}"
    for action in ("signin_pair", "signin_spared"):
        ratelimit.clear(request, app="allauth.account", action=action, key=pair)


def _count(request: HttpRequest, tried: Attempt, action: str, key: str = "") -> bool:
    usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
    if usage is None:
        return False
    tried.counted.append(usage)
    return True


def remember(request: HttpRequest, response: HttpResponse, account: str) -> None:
    """Let the browser keep that this account was signed in with it."""
    mark = _mark(account)
    kept = [pair for pair in _known(request) if pair[0] != mark]
    nonce = _nonce(request, account) or secrets.token_urlsafe(9)
    response.set_cookie(
        COOKIE,
        signing.dumps([[mark, nonce], *kept][:MOST_ACCOUNTS], salt=SALT),
        max_age=COOKIE_AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> list[list[str]]:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE_S)
    except signing.BadSignature:
        return []
    return known if isinstance(known, list) else []


def _nonce(request: HttpRequest, account: str) -> str:
    return next((nonce for mark, nonce in _known(request) if mark == _mark(account)), "")


def _mark(account: str) -> str:
    """Return what stands for an account in the cookie, which names nobody."""
    return salted_hmac(SALT, account.lower()).hexdigest()[:20]
