"""Second factors as the page of an account shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from allauth.mfa.models import Authenticator

from teams.models import User


@dataclass(frozen=True, slots=True)
class Passkey:
    pk: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(slots=True)
class SecondFactors:
    """codes_left: recovery codes that are still good, None where there are none at all."""

    passkeys: list[Passkey] = field(default_factory=list)
    has_app: bool = False
    codes_left: int | None = None

    @property
    def is_any(self) -> bool:
        return self.has_app or bool(self.passkeys)


def second_factors_of(user: User) -> SecondFactors:
    """Return what a person signs in with beside the password."""
    found = SecondFactors()
    for each in Authenticator.objects.filter(user=user).order_by("created_at"):
        if each.type == Authenticator.Type.WEBAUTHN:
            name = each.wrap().name
            found.passkeys.append(Passkey(each.pk, name, each.created_at, each.last_used_at))
        elif each.type == Authenticator.Type.TOTP:
            found.has_app = True
        else:
            found.codes_left = len(each.wrap().get_unused_codes())
    return found
