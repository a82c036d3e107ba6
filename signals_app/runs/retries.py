"""Targets that got no label given another chance, when a person asks for it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from signals_app.definition import auditing
from signals_app.labels.taking_back import TakenBack, take_back
from signals_app.models import Run, Signal, Source
from signals_app.queue import insertion
from signals_app.queue.insertion import NewJob
from signals_app.queue.jobs import LIVE_PRIORITY, RUN_PRIORITY
from signals_app.runs import runs
from teams import audit

#: Taken back in one transaction.
BATCH = 5000
#: Taken back for one click; the newest first, and the next click takes the next ones.
MOST = 20_000

#: Failures and refusals say something about the judge; what was skipped would be skipped again.
#: That no label is there is said as well, since the index has labels, not outcomes.
_FAILED = """
(project_id, id) IN (
    SELECT project_id, id FROM classification
    WHERE project_id = %(project)s AND signal_id = %(signal)s AND version_id = %(version)s
        AND label IS NULL AND outcome IN ('failed', 'refused') AND is_current {of_run}
    ORDER BY id DESC LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""
_OF_RUN = "AND run_id = %(run)s"

#: A run that is done goes on until they are judged; a cancelled one does not, and lets them go.
#: One that is under way is written too: whoever is just about to end it must wait or come later.
_REOPEN = """
UPDATE signals_app_run SET state = 'running', finished_at = NULL
WHERE project_id = %s AND id = ANY(%s) AND state IN ('running', 'done')
RETURNING id
"""

_STOPPED = {
    Signal.State.PAUSED: "This signal is paused, so nothing is judged. Resume it, then retry.",
    Signal.State.ARCHIVED: "This signal is archived, so nothing is judged any more.",
}


class CannotRetry(Exception):
    """The message says why."""


def retry_failed(signal: Signal, now: datetime, most: int = MOST) -> int:
    """Queue the newest failed and refused targets of the live version again; returns how many.

    What came from a run counts at its target's time again. Raises CannotRetry.
    """
    _check(signal)
    taken = _retry(signal, signal.live_version_id, None, most, now)
    audit.record("signal.failed_retried", **auditing.about(signal), after={"targets": taken})
    return taken


def retry_run(run: Run, now: datetime, most: int = MOST) -> int:
    """Retry what failed in one run, which is under way again. Raises CannotRetry."""
    _check(run.signal)
    if run.state == Run.State.CANCELLED:
        raise CannotRetry("A cancelled run is not taken up again. Retry on the signal's page.")
    taken = _retry(run.signal, run.version_id, run.pk, most, now)
    run.refresh_from_db()
    audit.record("run.retried", **runs.about(run), after={"targets": taken})
    return taken


def _check(signal: Signal) -> None:
    if why := _STOPPED.get(Signal.State(signal.state)):
        raise CannotRetry(why)


def _retry(
    signal: Signal, version_id: int | None, run_id: int | None, most: int, now: datetime
) -> int:
    """Take back in batches, each of which stands alone."""
    taken = 0
    while taken < most:
        batch = min(BATCH, most - taken)
        retried = _retry_batch(signal, version_id, run_id, batch, now)
        taken += retried
        if retried < batch:
            break
    return taken


@transaction.atomic
def _retry_batch(
    signal: Signal, version_id: int | None, run_id: int | None, most: int, now: datetime
) -> int:
    values = {"project": signal.project_id, "signal": signal.pk, "version": version_id}
    values |= {"run": run_id, "most": most}
    taken = take_back(_FAILED.format(of_run=_OF_RUN if run_id else ""), values)
    if taken:
        running = _reopened(signal.project_id, {each.run_id for each in taken if each.run_id})
        insertion.insert((_again(signal, each, running, now) for each in taken), now)
    return len(taken)


def _reopened(project_id: int, run_ids: set[int]) -> set[int]:
    """Let those of the runs go on that may, and return which these are."""
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN, [project_id, sorted(run_ids)])
        return {pk for (pk,) in cursor.fetchall()}


def _again(signal: Signal, taken: TakenBack, running: set[int], now: datetime) -> NewJob:
    """Return the job that judges anew what was taken back, as of its run where that goes on."""
    is_run = taken.counted.source == Source.RUN
    return NewJob.again(
        taken,
        team_id=signal.project.team_id,
        run_id=taken.run_id if is_run and taken.run_id in running else None,
        priority=RUN_PRIORITY if is_run else LIVE_PRIORITY,
        available_at=now,
    )
