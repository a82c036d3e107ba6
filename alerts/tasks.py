"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from alerts.delivery import sending


def deliver() -> None:
    sending.deliver_for_a_while()
