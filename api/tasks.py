"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from django.utils import timezone

from api.inf import exporting, importing
from api.oauth import tokens
from api.rest import idempotency
from core.background.queue import enqueue


def prune() -> None:
    """Forget the answers to creates that nobody sends again, tokens that have expired, and old
    exports and imports."""
    now = timezone.now()
    idempotency.prune(now)
    tokens.prune(now)
    exporting.prune(now)
    importing.prune(now)


def take_imports() -> None:
    """Store a bite of the files that came in parts, in a further task where more is left."""
    if not importing.go_on(timezone.now()):
        enqueue(importing.TASK)
