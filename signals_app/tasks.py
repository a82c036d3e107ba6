"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from django.utils import timezone

from signals_app.labels import minutes
from signals_app.queue import working
from signals_app.spending import budgets
from signals_app.trials import trials


def sweep() -> None:
    working.sweep_for_a_while()


def pump() -> None:
    working.pump_for_a_while()


def prune_trials() -> None:
    trials.prune(timezone.now())


def regulate_budgets() -> None:
    """Lower or raise sample rates so that each budget lasts."""
    budgets.regulate(timezone.now())


def fold_minutes() -> None:
    """Delete counts by minute that are kept no longer."""
    minutes.fold(timezone.now())
