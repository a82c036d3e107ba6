"""One target without a label given another chance, when a person asks for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from signals_app import counting
from signals_app.counting import Counted
from signals_app.models import Signal
from signals_app.queue.jobs import LIVE_PRIORITY

#: Whatever it is that kept it from a label.
TAKE_ONE_BACK = """
DELETE FROM classification
WHERE project_id = %s AND signal_id = %s AND version_id = %s AND target = %s AND span_id = %s
    AND is_current AND outcome <> 'labelled'
RETURNING project_id, signal_id, version_id, source, outcome, coalesce(label, reason_code),
    counted_at, agent_id, scope, target, span_id, revision, target_time, sample_rate, run_id
"""

#: What came from a run stays of it, so that it counts at its target's time; a run that has
#: ended takes nothing back.
QUEUE_ONE_AGAIN = """
INSERT INTO judge_job (team_id, project_id, signal_id, version_id, agent_id, scope, target, span_id,
    revision, target_time, sample_rate, source, run_id, priority, created_at, available_at,
    attempts, last_error)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
    (SELECT id FROM signals_app_run WHERE id = %s AND state = 'running'), %s, %s, %s, 0, '')
ON CONFLICT (project_id, version_id, target, span_id, revision) DO NOTHING
"""


class CannotRetry(Exception):
    """The message says why."""


@transaction.atomic
def retry_one(signal: Signal, target: UUID, span_id: int, now: datetime) -> None:
    """Queue a target without a label again, under the live version. Raises CannotRetry."""
    locked = Signal.objects.select_for_update().get(pk=signal.pk)
    if locked.state != Signal.State.ACTIVE:
        raise CannotRetry(f"The signal is {locked.state}: only an active one judges again.")
    values = [signal.project_id, signal.pk, locked.live_version_id, target, span_id]
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ONE_BACK, values)
        taken = cursor.fetchone()
        if taken is None:
            raise CannotRetry("Nothing of it has failed under the live version.")
        counting.apply(counting.changes([Counted(*taken[:7])], -1))
        team, source, run_id = signal.project.team_id, taken[3], taken[-1]
        row = (team, *taken[:3], *taken[7:-1], source, run_id, LIVE_PRIORITY, now, now)
        cursor.execute(QUEUE_ONE_AGAIN, row)
