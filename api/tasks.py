"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from django.utils import timezone

from api.rest import idempotency


def prune() -> None:
    """Forget the answers to creates that nobody sends again."""
    idempotency.prune(timezone.now())
