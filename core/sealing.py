"""Secrets of other systems that we must be able to read again: encrypted in the database.

The key is the setting ENCRYPTION_KEY, any text; SECRET_KEY may change without losing them.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unsealable(Exception):
    """Sealed under another key, or damaged."""


def seal(secret: str) -> bytes:
    """Return the secret as it may be stored."""
    return _fernet(settings.ENCRYPTION_KEY).encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Return a stored secret, or raise Unsealable."""
    try:
        return _fernet(settings.ENCRYPTION_KEY).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Unsealable("The secret was stored under another ENCRYPTION_KEY.") from None


@cache
def _fernet(key: str) -> Fernet:
    """Return the cipher of a key, which is any text.

    The text is long and random or chosen by the operator: a plain hash makes it a key.
    """
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
