"""Two versions of a signal on the very same targets: two trials, the second beside the first.

What holds for a trial holds for both: the judge's limits, first in line, nothing counts.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from signals_app.models import Signal, SignalVersion, Trial
from signals_app.trials import answers as trial_answers
from signals_app.trials import trials
from signals_app.trials.trials import CannotTry
from teams.models import User


@transaction.atomic
def start(
    signal: Signal,
    before: SignalVersion,
    after: SignalVersion,
    start: datetime,
    end: datetime,
    most: int,
    user: User | None,
    now: datetime,
) -> Trial:
    """Make the trial of `after`, whose `before` is that of `before`: both or neither.

    On the newest `most` (1 to 100) targets in [start, end). Raises CannotTry.
    """
    room = trials.MOST_RUNNING - trials.running(signal.project)
    if room < 2:
        words = (
            f"A comparison is two trials, and a project runs {trials.MOST_RUNNING} at a time: "
            f"there is room for {max(room, 0)}. Cancel one, or wait for it."
        )
        raise CannotTry(words)
    first = trials.start(trials.of_version(signal, before), start, end, most, user, now)
    return trials.again(first, trials.of_version(signal, after), user, now)


@transaction.atomic
def cancel(after: Trial, now: datetime) -> None:
    """Ask nothing more under either version; what was answered stays."""
    for trial in (after.before, after):
        if trial is not None:
            trial_answers.cancel(trial, now)
