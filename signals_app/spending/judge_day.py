"""How many targets of a team a judge may be asked about in a day of UTC (TEAM_JUDGE_CALLS_PER_DAY).

What is over it waits, and is judged from midnight on: nothing fails for it. Answers are counted
when they are written, so what is being asked meanwhile comes on top.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db import connection

#: So long a process believes what it has read.
BELIEVED_S: Final = 2.0

_ASKED: Final = """
SELECT project.team_id, sum(spend.n)::bigint
FROM teams_project AS project
CROSS JOIN LATERAL (
    SELECT n FROM judge_spend
    WHERE project_id = project.id AND bucket >= %s AND kind <> 'skipped') AS spend
WHERE project.team_id = ANY(%s)
GROUP BY 1
"""

_known: dict[int, tuple[float, int]] = {}


def below(team_ids: Sequence[int], now: datetime) -> list[int]:
    """Return the teams that have not reached the limit; all of them without one."""
    limit = settings.TEAM_JUDGE_CALLS_PER_DAY
    if not limit or not team_ids:
        return list(team_ids)
    asked = _asked_lately(team_ids, now)
    return [team_id for team_id in team_ids if asked.get(team_id, 0) < limit]


def asked_today(team_id: int, now: datetime) -> int:
    """Return about how many targets of a team a judge was asked today."""
    return _asked([team_id], now).get(team_id, 0)


def is_used_up(team_id: int, now: datetime) -> bool:
    """Say whether targets of the team wait for midnight."""
    limit = settings.TEAM_JUDGE_CALLS_PER_DAY
    return bool(limit) and asked_today(team_id, now) >= limit


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _asked_lately(team_ids: Sequence[int], now: datetime) -> dict[int, int]:
    until = time.monotonic() - BELIEVED_S
    stale = [pk for pk in team_ids if pk not in _known or _known[pk][0] < until]
    if stale:
        found = _asked(stale, now)
        for pk in stale:
            _known[pk] = time.monotonic(), found.get(pk, 0)
    return {pk: _known[pk][1] for pk in team_ids}


def _asked(team_ids: Sequence[int], now: datetime) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [_midnight(now), list(team_ids)])
        return dict(cursor.fetchall())
