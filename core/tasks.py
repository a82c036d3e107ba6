"""What the worker does for itself. Each task is a door: plain values in, one verb called."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_q.models import Failure

#: django-q2 keeps failures for ever.
FAILURES_KEPT = timedelta(days=14)


def prune_failures() -> None:
    """Delete the failed tasks that are older than FAILURES_KEPT."""
    Failure.objects.filter(stopped__lt=timezone.now() - FAILURES_KEPT).delete()
