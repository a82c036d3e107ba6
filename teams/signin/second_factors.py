"""What allauth asks us about second factors: how secrets are kept, and which name passkeys bind to.

A passkey belongs to a name such as signals.example.com; browsers make none for an IP address.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from core import sealing
from teams.models import User
from teams.signin import entries

NAMES = ("Passkey", "Second passkey")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That is not the code. Codes change every 30 seconds."
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret for the database."""
        return sealing.seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return sealing.unseal(encrypted_text.encode())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to BASE_URL, whatever name the request was sent to."""
        return {"id": urlsplit(settings.BASE_URL).hostname or "localhost", "name": "Signals"}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        has = Authenticator.objects.filter(user=user, type=type).count()
        return NAMES[has] if has < len(NAMES) else f"Passkey {has + 1}"


def passkeys_work() -> bool:
    """Say whether browsers make passkeys for this server's address."""
    parts = urlsplit(settings.BASE_URL)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


@transaction.atomic
def remove_all(user: User) -> int:
    """Take all second factors from a person who has lost them; return how many there were."""
    gone: int
    gone, _by_model = Authenticator.objects.filter(user=user).delete()
    entries.enter("account.second_factors_removed", user, count=gone)
    return gone
