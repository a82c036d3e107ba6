"""When the traffic of signals was looked at: they were active, and no spent budget stopped them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from signals_app.definition import activity
from signals_app.models import Signal
from signals_app.spending import rates
from signals_app.spending.rates import Stretch


def stretches(
    signal_ids: Collection[int], since: datetime, now: datetime
) -> dict[int, list[Stretch]]:
    """Return by signal the stretches [start, end) of [since, now) in which its targets were judged,
    in order and apart from each other. A lowered rate is no gap; only one of 0 is."""
    active = activity.stretches(signal_ids, since, now)
    projects = dict(Signal.objects.filter(pk__in=signal_ids).values_list("pk", "project_id"))
    lowered = rates.factors_of(set(projects.values()), since)
    if not lowered.steps:
        return active
    return {
        pk: rates.without(found, lowered.stopped(projects[pk], since, now))
        for pk, found in active.items()
    }
