"""Failed targets given another chance, when a person asks for it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from signals_app import counting
from signals_app.counting import Counted
from signals_app.models import Signal
from signals_app.queue.jobs import LIVE_PRIORITY

#: Failures that say something about the judge; what was skipped would be skipped again.
TAKE_BACK = """
DELETE FROM classification
WHERE (project_id, id) IN (
    SELECT project_id, id FROM classification
    WHERE project_id = %s AND signal_id = %s AND version_id = %s AND outcome = 'failed'
        AND is_current
    ORDER BY id DESC LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING project_id, signal_id, version_id, source, outcome, label, counted_at, agent_id, scope,
    target, span_id, revision, target_time, sample_rate
"""

#: As live work: the run that it may come from has ended.
QUEUE_AGAIN = """
INSERT INTO judge_job (team_id, project_id, signal_id, version_id, agent_id, scope, target, span_id,
    revision, target_time, sample_rate, source, run_id, priority, created_at, available_at,
    attempts, last_error)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'live', NULL, %s, %s, %s, 0, '')
ON CONFLICT (project_id, version_id, target, span_id, revision) DO NOTHING
"""


@transaction.atomic
def retry_failed(signal: Signal, now: datetime, most: int = 5000) -> int:
    """Queue the newest failed targets of the live version again; returns how many."""
    values = [signal.project_id, signal.pk, signal.live_version_id, most]
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, values)
        taken = cursor.fetchall()
        counting.apply(counting.changes((Counted(*row[:7]) for row in taken), -1))
        team = signal.project.team_id
        cursor.executemany(
            QUEUE_AGAIN,
            [(team, *row[:3], *row[7:], LIVE_PRIORITY, now, now) for row in taken],
        )
    return len(taken)
