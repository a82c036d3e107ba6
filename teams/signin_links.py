"""Links that sign a person in: printed at start, signed, and short-lived."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from teams.models import User

SALT = "teams.sign-in"
MAX_AGE_S = 24 * 3600


def sign_in_url(user: User) -> str:
    """Return an absolute address that signs `user` in during the next 24 hours."""
    token = signing.dumps({"user": user.pk, "seal": seal(user)}, salt=SALT)
    return settings.BASE_URL + reverse("sign_in_by_link", args=[token])


def user_of(token: str) -> User | None:
    """Return whom the token signs in; None when it is forged, too old, or the account changed."""
    try:
        claim = signing.loads(token, salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=claim["user"], is_active=True).first()
    return user if user and seal(user) == claim["seal"] else None


def seal(user: User) -> str:
    """Return what changes with the password, so that a new one ends the links made before."""
    return user.get_session_auth_hash()[:16]
