"""What the worker does for itself. Each task is a door: plain values in, one verb called."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_q.models import Failure

from core.background import heartbeats

#: django-q2 keeps failures for ever.
FAILURES_KEPT = timedelta(days=14)


def beat(name: str) -> None:
    """Executed by the cluster that it is named after: a proof that tasks are executed."""
    heartbeats.write(name, timezone.now())


def prune_failures() -> None:
    Failure.objects.filter(stopped__lt=timezone.now() - FAILURES_KEPT).delete()
