"""Which jobs a claim leaves where they are: those whose judge cannot be asked from here now."""

from __future__ import annotations

from datetime import datetime

from signals_app.judging.model_server import endpoints
from signals_app.models import JudgeEndpoint
from signals_app.queue import slots
from signals_app.queue.jobs import Avoided


def always(now: datetime, slot: int) -> list[Avoided]:
    """Return what the pump in a slot never claims: what rests, and judges that take fewer
    questions at a time than there are pumps before this one."""
    resting = [Avoided(pk, "" if pk else model) for pk, model in endpoints.at_rest(now)]
    if slot == 0 or slots.count() == 1:
        return resting
    small = JudgeEndpoint.objects.filter(archived_at=None, concurrency__lte=slot)
    return resting + [Avoided(pk) for pk in small.values_list("pk", flat=True)]
