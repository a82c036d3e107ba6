"""Targets that got no label given another chance, when a person asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from signals_app.labels import count_changes
from signals_app.labels.count_changes import Counted
from signals_app.models import Run, Signal, Source
from signals_app.queue.jobs import LIVE_PRIORITY, RUN_PRIORITY

#: Taken back in one transaction.
BATCH = 5000
#: Taken back for one click; the newest first, and the next click takes the next ones.
MOST = 20_000

#: Failures and refusals say something about the judge; what was skipped would be skipped again.
#: That no label is there is said as well, since the index has labels, not outcomes.
_TAKE_BACK = """
DELETE FROM classification
WHERE (project_id, id) IN (
    SELECT project_id, id FROM classification
    WHERE project_id = %(project)s AND signal_id = %(signal)s AND version_id = %(version)s
        AND label IS NULL AND outcome IN ('failed', 'refused') AND is_current {of_run}
    ORDER BY id DESC LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING project_id, signal_id, version_id, source, outcome, coalesce(label, reason_code),
    counted_at, run_id, agent_id, scope, target, span_id, revision, target_time, sample_rate
"""
_OF_RUN = "AND run_id = %(run)s"

#: A run that is done goes on until they are judged; a cancelled one does not, and lets them go.
#: One that is under way is written too: whoever is just about to end it must wait or come later.
_REOPEN = """
UPDATE signals_app_run SET state = 'running', finished_at = NULL
WHERE project_id = %s AND id = ANY(%s) AND state IN ('running', 'done')
RETURNING id
"""

_QUEUE_AGAIN = f"""
INSERT INTO judge_job (team_id, project_id, signal_id, version_id, source, run_id, agent_id, scope,
    target, span_id, revision, target_time, sample_rate, priority, created_at, available_at,
    attempts, last_error)
SELECT %s, %s, %s, %s, new.*,
    CASE new.source WHEN 'live' THEN {LIVE_PRIORITY} ELSE {RUN_PRIORITY} END, %s, %s, 0, ''
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::uuid[], %s::bigint[],
    %s::smallint[], %s::timestamptz[], %s::float8[])
    AS new(source, run_id, agent_id, scope, target, span_id, revision, target_time, sample_rate)
ON CONFLICT (project_id, version_id, target, span_id, revision) DO NOTHING
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
    return _retry(signal, signal.live_version_id, None, most, now)


def retry_run(run: Run, now: datetime, most: int = MOST) -> int:
    """The same for what failed in one run, which is under way again. Raises CannotRetry."""
    _check(run.signal)
    if run.state == Run.State.CANCELLED:
        raise CannotRetry("A cancelled run is not taken up again. Retry on the signal's page.")
    taken = _retry(run.signal, run.version_id, run.pk, most, now)
    run.refresh_from_db()
    return taken


def _check(signal: Signal) -> None:
    if why := _STOPPED.get(Signal.State(signal.state)):
        raise CannotRetry(why)


def _retry(
    signal: Signal, version_id: int | None, run_id: int | None, most: int, now: datetime
) -> int:
    """In batches, each of which is whole."""
    taken = 0
    while taken < most:
        batch = min(BATCH, most - taken)
        found = _retry_batch(signal, version_id, run_id, batch, now)
        taken += found
        if found < batch:
            break
    return taken


@transaction.atomic
def _retry_batch(
    signal: Signal, version_id: int | None, run_id: int | None, most: int, now: datetime
) -> int:
    values = {"project": signal.project_id, "signal": signal.pk, "version": version_id}
    values |= {"run": run_id, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK.format(of_run=_OF_RUN if run_id else ""), values)
        taken = cursor.fetchall()
        if not taken:
            return 0
        count_changes.apply(count_changes.changes((Counted(*row[:7]) for row in taken), -1))
        runs = sorted({row[7] for row in taken if row[7] is not None})
        cursor.execute(_REOPEN, [signal.project_id, runs])
        _queue(signal, version_id, taken, {row[0] for row in cursor.fetchall()}, now)
    return len(taken)


def _queue(
    signal: Signal,
    version_id: int | None,
    taken: Sequence[tuple[object, ...]],
    running: set[int],
    now: datetime,
) -> None:
    rows = [
        (row[3], row[7] if row[3] == Source.RUN and row[7] in running else None, *row[8:])
        for row in taken
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    one = [signal.project.team_id, signal.project_id, signal.pk, version_id]
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_AGAIN, [*one, now, now, *columns])
