"""How much waits to be judged, and for how long: for whoever looks after the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from signals_app.queue import avoiding, jobs

#: The oldest that could be judged now, by hopping from team to team: cheap however many wait.
OLDEST = f"""
SELECT min(first.available_at) FROM unnest(%(teams)s::bigint[]) AS t(team_id)
CROSS JOIN LATERAL (
    SELECT available_at FROM judge_job WHERE team_id = t.team_id AND {jobs.MAY_BE_JUDGED}
    ORDER BY available_at LIMIT 1) first
"""

#: Leased: a pump has it. Held: its signal was stopped, and it waits for a person.
DEPTH = """
SELECT CASE WHEN priority < %(run)s THEN 'live' ELSE 'run' END,
    CASE WHEN lease_until IS NOT NULL THEN 'under_way'
        WHEN available_at >= %(held)s THEN 'held' ELSE 'waiting' END, count(*)
FROM judge_job GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many targets of one kind are in the queue. source: live or run; state: waiting,
    under_way (a pump has it) or held (its signal was stopped)."""

    source: str
    state: str
    count: int


def oldest_live(now: datetime) -> datetime | None:
    """Return since when the oldest live target could have been judged; None if none waits.

    What waits for a judge that rests, or after a failure, waits for somebody else.
    """
    values = jobs.conditions(now, avoiding.always(now, 0))
    values |= {"teams": jobs.waiting_teams(), "priority": jobs.LIVE_PRIORITY}
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, values)
        oldest: datetime | None = cursor.fetchone()[0]
        return oldest


def depth() -> Sequence[Depth]:
    """Count what is in the queue, by where it came from and what it waits for."""
    with connection.cursor() as cursor:
        cursor.execute(DEPTH, {"run": jobs.RUN_PRIORITY, "held": jobs.HELD_UNTIL})
        return [Depth(*row) for row in cursor.fetchall()]
