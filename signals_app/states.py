"""The states of a signal: activated, paused, resumed by people; blocked by its judge."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from signals_app.models import JudgeJob, Run, Signal
from signals_app.queue.jobs import HELD_UNTIL
from teams.models import User

State = Signal.State


class CannotChange(Exception):
    """The signal is in a state from which this does not lead; the message says so."""


@transaction.atomic
def activate(signal: Signal, user: User | None, now: datetime) -> None:
    """From now on, what settles is judged. Raises CannotChange for an archived signal."""
    locked = _locked(signal)
    if locked.state == State.ARCHIVED:
        raise CannotChange("An archived signal cannot be activated. Create a new one from it.")
    if locked.live_version_id is None:
        raise CannotChange("Give the signal a prompt and labels first.")
    _set(signal, locked, State.ACTIVE, activated_at=locked.activated_at or now)
    _waiting(signal).filter(available_at=HELD_UNTIL).update(available_at=now, attempts=0)


@transaction.atomic
def pause(signal: Signal, user: User | None, now: datetime) -> int:
    """Nothing more is judged, runs included; returns how many waiting targets were dropped."""
    locked = _locked(signal)
    if locked.state not in {State.ACTIVE, State.PAUSED}:
        raise CannotChange(f"Only an active signal can be paused; this one is {locked.state}.")
    _set(signal, locked, State.PAUSED)
    runs = Run.objects.filter(signal=signal, state=Run.State.RUNNING)
    runs.update(state=Run.State.CANCELLED, finished_at=now)
    dropped, _by_model = _waiting(signal).filter(lease_until=None).delete()
    return dropped


def resume(signal: Signal, user: User | None, now: datetime) -> None:
    """Judging goes on; what waited because the judge had stopped the signal is judged too."""
    activate(signal, user, now)


@transaction.atomic
def archive(signal: Signal, user: User | None, now: datetime) -> int:
    """For good: its name is free again, its labels stay. Returns the dropped targets."""
    locked = _locked(signal)
    dropped = pause(signal, user, now) if locked.state == State.ACTIVE else 0
    _set(signal, locked, State.ARCHIVED)
    more, _by_model = _waiting(signal).filter(lease_until=None).delete()
    return dropped + more


@transaction.atomic
def block(signal_id: int, reason: str) -> None:
    """The judge would refuse every further target: pause and say why; its jobs wait."""
    changed = Signal.objects.filter(pk=signal_id, state=State.ACTIVE).update(
        state=State.PAUSED, paused_reason=reason
    )
    if changed:
        signal = Signal.objects.get(pk=signal_id)
        _waiting(signal).filter(lease_until=None).update(available_at=HELD_UNTIL, last_error=reason)


def held_jobs(project_id: int, signal_id: int) -> int:
    """How many targets wait for the signal to be resumed."""
    rows = JudgeJob.objects.filter(project_id=project_id, signal_id=signal_id)
    return rows.filter(available_at=HELD_UNTIL).count()


def _locked(signal: Signal) -> Signal:
    return Signal.objects.select_for_update().get(pk=signal.pk)


def _waiting(signal: Signal) -> QuerySet[JudgeJob]:
    return JudgeJob.objects.filter(project_id=signal.project_id, signal_id=signal.pk)


def _set(signal: Signal, locked: Signal, state: State, **fields: datetime) -> None:
    """Write it, and let the caller's object say the same."""
    values: dict[str, object] = {"state": state, "paused_reason": "", **fields}
    Signal.objects.filter(pk=locked.pk).update(**values)
    for name, value in values.items():
        setattr(signal, name, value)
