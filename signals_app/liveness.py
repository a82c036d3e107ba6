"""Whether a worker is at work at all: the sweep leaves a sign of life every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from core.background import heartbeats
from core.ui import wording


@dataclass(frozen=True, slots=True)
class Life:
    """last_beat: None when there never was one."""

    last_beat: datetime | None
    is_stopped: bool


def life(last_beat: datetime | None, now: datetime, stale_after_s: float) -> Life:
    stale = timedelta(seconds=stale_after_s)
    return Life(last_beat, last_beat is None or now - last_beat > stale)


def of_worker(now: datetime) -> Life:
    return life(heartbeats.last("sweep"), now, settings.WORKER_STALE_S)


def words(worker_life: Life, now: datetime) -> str:
    """Return what to say while the worker is stopped; "" while it is not."""
    if not worker_life.is_stopped:
        return ""
    start = "Start it with “manage.py worker” (“make run” starts it too)."
    if worker_life.last_beat is None:
        return f"No worker has run yet, so nothing settles and nothing is judged. {start}"
    seen = wording.ago(worker_life.last_beat, now)
    return f"The worker was last heard of {seen}, so nothing settles and nothing is judged. {start}"
