"""Links that sign a person in, once: printed at the start and by `manage.py signin_link`.

Opening one only shows a page that asks; a preview of it in a chat, or a second look, costs nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from teams.models import SignInLink, User, digest_of
from teams.signin import entries, first_visitor

GOOD_FOR = timedelta(hours=24)
#: Links that are over are kept so long, to say of them why they are.
KEPT_FOR = timedelta(days=7)


@transaction.atomic
def issue(user: User, now: datetime) -> str:
    """Make a link that signs a person in once within the next 24 hours; return its address."""
    SignInLink.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user, digest=digest_of(token), seal=seal(user), expires_at=now + GOOD_FOR
    )
    entries.enter("account.link_made", user)
    return str(settings.BASE_URL) + reverse("sign_in_by_link", args=[token])


def first_url() -> str:
    """Return the address at which the first person of an empty installation makes an account."""
    path = reverse("first_visitor", args=[first_visitor.token()])
    return str(settings.BASE_URL) + path


def user_of(token: str, now: datetime) -> User | None:
    """Return whom a link would sign in; None where it is forged, used, too old, or the password
    has changed since. Asking uses nothing up."""
    link = SignInLink.objects.open(now).filter(digest=digest_of(token)).first()
    return link.user if link and link.seal == seal(link.user) else None


@transaction.atomic
def use(token: str, now: datetime) -> User | None:
    """Use a link up and return whom it signs in; None where it is one that `user_of` finds none
    for. Of two that use it at once, one gets in."""
    user = user_of(token, now)
    if user is None:
        return None
    is_ours = SignInLink.objects.open(now).filter(digest=digest_of(token)).update(used_at=now)
    if not is_ours:
        return None
    entries.enter("account.link_used", user)
    return user


def seal(user: User) -> str:
    """Return what changes with the password, so that a new one ends the links made before."""
    return user.get_session_auth_hash()[:16]


def reset_url(user: User) -> str:
    """Return an address at which a person chooses a new password, as a letter would bring it."""
    entries.enter("account.reset_link_made", user)
    return reset_address(f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}")


def reset_address(key: str) -> str:
    """Return the address of the page that takes such a key."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return str(settings.BASE_URL) + path.replace("UID-KEY", key)
