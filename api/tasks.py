"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from django.utils import timezone

from api.oauth import tokens
from api.rest import idempotency


def prune() -> None:
    """Forget the answers to creates that nobody sends again, and tokens that have expired."""
    now = timezone.now()
    idempotency.prune(now)
    tokens.prune(now)
