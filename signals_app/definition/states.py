"""The states of a signal: changed by people, or by a judge that refuses; each change is kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from core import log_lines
from signals_app.definition import auditing, versions
from signals_app.models import JudgeJob, Run, Signal, StateChange
from signals_app.queue import jobs
from signals_app.queue.jobs import HELD_UNTIL
from teams import audit
from teams.models import User

log = logging.getLogger(__name__)

State = Signal.State


#: What the audit log calls the way into a state.
AUDITED_AS = {
    State.ACTIVE: "signal.activated",
    State.PAUSED: "signal.paused",
    State.ARCHIVED: "signal.archived",
}


class CannotChange(Exception):
    """The signal is in a state from which this does not lead; the message says so."""


@dataclass(frozen=True)
class Dropped:
    """What a stop left unjudged."""

    targets: int
    runs: int

    @property
    def in_words(self) -> str:
        if not self.runs:
            return ""
        return f"{self.runs} manual run{'s were' if self.runs > 1 else ' was'} cancelled."


@transaction.atomic
def activate(signal: Signal, user: User | None, now: datetime) -> None:
    """Judge what settles from now on. Raises CannotChange for an archived signal."""
    locked = _locked(signal)
    if locked.state == State.ARCHIVED:
        raise CannotChange("An archived signal cannot be activated. Restore it first.")
    if locked.live_version_id is None:
        raise CannotChange("Give the signal a prompt and labels first.")
    _set(signal, locked, State.ACTIVE, activated_at=locked.activated_at or now)
    _record(locked, State.ACTIVE, user, now)
    _waiting(signal).filter(available_at=HELD_UNTIL).update(available_at=now, attempts=0)


@transaction.atomic
def pause(signal: Signal, user: User | None, now: datetime) -> int:
    """Judge nothing more, runs included, and return how many waiting targets were dropped."""
    locked = _locked(signal)
    if locked.state not in {State.ACTIVE, State.PAUSED}:
        raise CannotChange(f"Only an active signal can be paused; this one is {locked.state}.")
    return _stop(signal, locked, State.PAUSED, user, now)


def resume(signal: Signal, user: User | None, now: datetime) -> None:
    """Judging goes on; what waited because the judge had stopped the signal is judged too."""
    activate(signal, user, now)


@transaction.atomic
def archive(signal: Signal, user: User | None, now: datetime) -> int:
    """Off the active list, its name free again, its labels kept. Returns the dropped targets."""
    locked = _locked(signal)
    if locked.state == State.ARCHIVED:
        raise CannotChange("This signal is archived already.")
    return _stop(signal, locked, State.ARCHIVED, user, now)


def restore(signal: Signal, user: User | None, now: datetime, name: str = "") -> None:
    """Back on the list, paused (a draft if it never judged), so that nothing is judged unasked.

    name: another one, where its own is taken. Raises CannotChange, and ValidationError with
    messages for the field name.
    """
    wanted = name.strip() or signal.name
    try:
        with transaction.atomic():
            locked = _locked(signal)
            if locked.state != State.ARCHIVED:
                raise CannotChange("Only an archived signal can be restored.")
            versions.check_name(locked, wanted)
            state = State.PAUSED if locked.activated_at else State.DRAFT
            _set(signal, locked, state, name=wanted)
            _record(locked, state, user, now)
    except IntegrityError:
        raise ValidationError({"name": [versions.taken(signal.agent)]}) from None


@transaction.atomic
def block(signal_id: int, reason: str, now: datetime) -> None:
    """Pause a signal whose every further target the judge would refuse, and say why; its jobs
    wait."""
    signal = Signal.objects.select_for_update().filter(pk=signal_id, state=State.ACTIVE).first()
    if signal is None:
        return
    _record(signal, State.PAUSED, None, now, reason=reason)
    ids = {"project": signal.project_id, "signal": signal.pk}
    log_lines.note(log, logging.WARNING, "signal stopped itself", **ids, reason=reason)
    Signal.objects.filter(pk=signal_id).update(state=State.PAUSED, paused_reason=reason)
    _waiting(signal).filter(lease_until=None).update(available_at=HELD_UNTIL, last_error=reason)


def _stop(signal: Signal, locked: Signal, state: State, user: User | None, now: datetime) -> int:
    """Drop what waits, and what the judge is asked at this moment too: its answer is thrown
    away."""
    runs = Run.objects.filter(signal=signal, state=Run.State.RUNNING)
    cancelled = runs.update(state=Run.State.CANCELLED, finished_at=now)
    targets = jobs.drop_of_signal(signal.project_id, signal.pk)
    _set(signal, locked, state)
    dropped = Dropped(targets, cancelled)
    _record(locked, state, user, now, reason=dropped.in_words, dropped=targets)
    return dropped.targets


def _locked(signal: Signal) -> Signal:
    return Signal.objects.select_for_update().get(pk=signal.pk)


def _waiting(signal: Signal) -> QuerySet[JudgeJob]:
    return JudgeJob.objects.filter(project_id=signal.project_id, signal_id=signal.pk)


def _set(signal: Signal, locked: Signal, state: State, **fields: object) -> None:
    """Write it, and let the caller's object say the same."""
    values: dict[str, object] = {"state": state, "paused_reason": "", **fields}
    Signal.objects.filter(pk=locked.pk).update(**values)
    for name, value in values.items():
        setattr(signal, name, value)


def _record(
    before: Signal,
    state: State,
    user: User | None,
    now: datetime,
    reason: str = "",
    dropped: int = 0,
) -> None:
    """Keep a change of state; asking again for the state that is there is no change. before: the
    signal as it was."""
    if before.state == state and not dropped and not before.paused_reason:
        return
    StateChange.objects.create(
        signal=before,
        by=user,
        at=now,
        from_state=before.state,
        to_state=state,
        reason=reason,
        dropped=dropped,
    )
    is_back = before.state == State.ARCHIVED
    audit.record(
        "signal.restored" if is_back else AUDITED_AS[state],
        **auditing.about(before),
        before={"state": before.state, "reason": before.paused_reason},
        after={"state": state.value, "reason": reason, "dropped": dropped},
    )
