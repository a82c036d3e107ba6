"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from signals_app.queue import working


def sweep() -> None:
    working.sweep_for_a_while()


def pump() -> None:
    working.pump_for_a_while()
