"""When signals were active: what their history says, read from the newest change back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import F

from signals_app.models import Signal, StateChange

Stretch = tuple[datetime, datetime]
#: When, from which state and to which.
Change = tuple[datetime, str, str]
ACTIVE = Signal.State.ACTIVE.value


def stretches(
    signal_ids: Collection[int], since: datetime, now: datetime
) -> dict[int, list[Stretch]]:
    """Return by signal the stretches [start, end) of [since, now) in which it was active, in order
    and apart from each other; none for a signal that was not active."""
    history: dict[int, list[Change]] = defaultdict(list)
    for pk, at, before, after in _changes(signal_ids, since):
        history[pk].append((at, before, after))
    signals = Signal.objects.filter(pk__in=signal_ids).values_list(
        "pk", "state", "activated_at", "created_at"
    )
    return {
        pk: between(history[pk], state, max(since, activated_at or created_at), now)
        for pk, state, activated_at, created_at in signals
    }


def between(changes: Sequence[Change], state: str, since: datetime, now: datetime) -> list[Stretch]:
    """Pure. changes: since then, oldest first, those after `now` too; state: after all of them.

    What was before the first change is what that one changed; without any, what is now. A signal
    older than the history of states is thought active from its first activation on.
    """
    stretches_so_far: list[Stretch] = []
    begin, current = since, changes[0][1] if changes else state
    for at, _, to in changes:
        if current == ACTIVE:
            _join(stretches_so_far, begin, min(at, now))
        begin, current = max(at, since), to
    if state == ACTIVE:  # the row itself is the truth about what came after the last change
        _join(stretches_so_far, begin, now)
    return stretches_so_far


def _join(joined: list[Stretch], begin: datetime, end: datetime) -> None:
    if end <= begin:
        return
    if joined and joined[-1][1] == begin:
        joined[-1] = (joined[-1][0], end)
    else:
        joined.append((begin, end))


def _changes(
    signal_ids: Collection[int], since: datetime
) -> Iterable[tuple[int, datetime, str, str]]:
    rows = StateChange.objects.filter(signal__in=signal_ids, at__gte=since)
    rows = rows.exclude(from_state=F("to_state")).order_by("signal", "at", "id")
    return rows.values_list("signal_id", "at", "from_state", "to_state")
