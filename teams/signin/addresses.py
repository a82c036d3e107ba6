"""Addresses count once they are confirmed: what is sent goes to no other.

allauth's table of addresses says which are; a new one replaces the old once it is confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F

from teams.models import User
from teams.signin import entries


class CannotConfirm(Exception):
    """Nobody has that address, or somebody else has; the text says so to the operator."""


def is_confirmed(user: User) -> bool:
    """Say whether the address that a person signs in with is confirmed to be theirs."""
    return bool(confirmed_among([user.pk]))


def confirmed_among(users: Iterable[int]) -> set[int]:
    """Return the keys of those users whose address is confirmed."""
    rows = EmailAddress.objects.filter(verified=True, user__in=users, email=F("user__email"))
    return set(rows.values_list("user_id", flat=True))


@transaction.atomic
def confirm(address: str) -> User:
    """Confirm an address by the word of whoever runs the server; also one that somebody has asked
    to change to, which replaces the old one.

    Raises CannotConfirm.
    """
    email = address.strip().lower()
    user = User.objects.filter(email=email).first()
    row = EmailAddress.objects.filter(email=email).order_by("-verified", "-pk").first()
    if row is None and user is None:
        raise CannotConfirm(f"Nobody has the address {email}, nor asked to change to it.")
    if row is None:
        row = EmailAddress(user=user, email=email)
    if (user and user.pk != row.user_id) or not row.can_set_verified():
        raise CannotConfirm(f"{email} is the address of another account.")
    row.verified = True
    EmailAddress.objects.filter(user=row.user_id).exclude(pk=row.pk).delete()
    row.set_as_primary()
    entries.enter("account.email_confirmed", row.user, address=email)
    return row.user  # type: ignore[no-any-return]
