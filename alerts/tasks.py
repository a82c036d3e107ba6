"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from django.utils import timezone

from alerts.delivery import sending
from alerts.evaluation import evaluating
from alerts.incidents import watching
from alerts.overview import due_overviews


def evaluate() -> None:
    evaluating.evaluate_all(timezone.now())


def deliver() -> None:
    sending.deliver_for_a_while()


def overviews() -> None:
    due_overviews.owe_due(timezone.now())


def incidents() -> None:
    watching.watch(timezone.now())
