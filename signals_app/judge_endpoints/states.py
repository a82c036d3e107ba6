"""Putting a judge away and taking it back; letting signals go on that it had stopped."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from signals_app.definition import states as signal_states
from signals_app.judge_endpoints import editing, use
from signals_app.models import JudgeEndpoint, Signal
from teams import audit
from teams.models import User

#: So many names stand in a sentence.
_NAMED = 5


class CannotArchive(Exception):
    """The message says why, and what to do."""


@transaction.atomic
def archive(endpoint: JudgeEndpoint, user: User | None, now: datetime) -> None:
    """Put a judge away: its labels keep its name. The environment's judge answers in its place
    where it was the default.

    Raises CannotArchive while a signal has chosen it.
    """
    locked = JudgeEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if locked.archived_at is not None:
        raise CannotArchive("This judge is archived already.")
    names = list(use.choosers_of(locked).order_by("name").values_list("name", flat=True))
    if names:
        listed = ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
        raise CannotArchive(f"Signals have chosen it: {listed}. Give them another judge first.")
    if locked.is_default:
        editing.make_default(locked.project, None, user, now)
    JudgeEndpoint.objects.filter(pk=locked.pk).update(archived_at=now, is_default=False)
    audit.record("judge.archived", **editing.about(locked))
    endpoint.refresh_from_db()


def restore(endpoint: JudgeEndpoint) -> None:
    """Take an archived judge back, as none that is the default.

    Raises ValidationError with messages for the field name where that is taken now.
    """
    try:
        with transaction.atomic():
            rows = JudgeEndpoint.objects.filter(pk=endpoint.pk).exclude(archived_at=None)
            if rows.update(archived_at=None, revision=endpoint.revision + 1):
                audit.record("judge.restored", **editing.about(endpoint))
    except IntegrityError:
        taken = f"The project has another judge called {endpoint.name} now."
        raise ValidationError({"name": [taken]}) from None
    endpoint.refresh_from_db()


@transaction.atomic
def resume_stopped(endpoint: JudgeEndpoint, user: User | None, now: datetime) -> int:
    """Resume the signals that paused themselves because this judge refused them; return how
    many."""
    stopped = list(stopped_by(endpoint))
    for signal in stopped:
        signal_states.resume(signal, user, now)
    return len(stopped)


def stopped_by(endpoint: JudgeEndpoint) -> list[Signal]:
    """Return the signals that paused themselves and that this judge answers."""
    paused = use.signals_of(endpoint).filter(state=Signal.State.PAUSED)
    return list(paused.exclude(paused_reason=""))
