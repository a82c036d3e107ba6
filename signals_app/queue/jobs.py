"""The queue of targets to judge: claimed with a lease, renewed, given back, reaped.

A claim counts an attempt and commits at once; nothing is locked while the judge is asked.
Whoever comes back must still hold the lease: its token is part of every later statement.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from core.background import holders
from signals_app.queue.insertion import TargetToJudge
from signals_app.spending import judge_day

#: Somebody sits before the screen, and a trial has at most a hundred targets.
TRIAL_PRIORITY = 0
LIVE_PRIORITY = 1
RUN_PRIORITY = 9
#: A target that failed goes behind the fresh ones of its kind (RELEASE).
PRIORITIES = (
    *(TRIAL_PRIORITY, LIVE_PRIORITY, LIVE_PRIORITY + 1),
    *(RUN_PRIORITY, RUN_PRIORITY + 1),
)
#: One in so many of a claim is left to those behind, so that endless fresh work never keeps a
#: target from failing for good, or from being judged after all.
FOR_THOSE_BEHIND = 8
#: Jobs of a signal that was stopped by its judge wait until somebody resumes it.
HELD_UNTIL = datetime(9000, 1, 1, tzinfo=UTC)

#: The teams with waiting jobs, by hopping through the index from one to the next.
TEAMS = """
WITH RECURSIVE waiting(team_id) AS (
    (SELECT team_id FROM judge_job WHERE lease_until IS NULL ORDER BY team_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.team_id FROM judge_job j
            WHERE j.lease_until IS NULL AND j.team_id > w.team_id ORDER BY j.team_id LIMIT 1)
    FROM waiting w WHERE w.team_id IS NOT NULL
)
SELECT team_id FROM waiting WHERE team_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Job(TargetToJudge):
    """One claimed row of judge_job."""

    id: int
    created_at: datetime
    attempts: int  # this one included
    lease_token: UUID

    @property
    def target_key(self) -> tuple[int, str, UUID, int, int]:
        return self.project_id, self.scope, self.target, self.span_id, self.revision

    @property
    def trial_id(self) -> int | None:
        """Of a target that is only tried. Its version_id is the trial's id below zero, so that
        no version is ever found by it, and its signal_id is 0."""
        return -self.version_id if self.version_id < 0 else None


COLUMNS = ", ".join(f"j.{field.name}" for field in fields(Job))

MAY_BE_JUDGED = """
    lease_until IS NULL AND priority = %(priority)s AND available_at <= %(now)s
    AND (%(endpoints)s::bigint[] = '{}' OR version_id NOT IN (
        SELECT asks.id
        FROM (
            SELECT v.id, s.project_id, s.agent_id, v.endpoint_id, v.judge_model
            FROM signals_app_signalversion v JOIN signals_app_signal s ON s.id = v.signal_id
            UNION ALL
            SELECT -t.id, t.project_id, t.agent_id, t.endpoint_id, t.judge_model
            FROM signals_app_trial t WHERE t.state = 'running'
        ) asks
        LEFT JOIN signals_app_judgeendpoint d ON d.project_id = asks.project_id AND d.is_default
            AND d.archived_at IS NULL AND %(has_own)s
        JOIN unnest(%(endpoints)s::bigint[], %(models)s::text[], %(agents)s::bigint[])
            AS avoided(endpoint_id, model, agent_id)
        ON avoided.endpoint_id = coalesce(
                asks.endpoint_id, CASE WHEN asks.judge_model = '' THEN d.id END, 0)
            AND (avoided.model = '' OR avoided.endpoint_id <> 0
                OR avoided.model = coalesce(nullif(asks.judge_model, ''), %(default)s))
            AND avoided.agent_id IN (0, asks.agent_id)))
"""

CLAIM = f"""
WITH chosen AS MATERIALIZED (
    SELECT j.project_id, j.id
    FROM unnest(%(teams)s::bigint[]) AS t(team_id)
    CROSS JOIN LATERAL (
        SELECT project_id, id FROM judge_job
        WHERE team_id = t.team_id AND {MAY_BE_JUDGED}
        ORDER BY available_at, id
        LIMIT %(share)s
        FOR UPDATE SKIP LOCKED
    ) j
    LIMIT %(most)s
)
UPDATE judge_job j SET lease_until = %(until)s, lease_token = %(token)s, attempts = attempts + 1
FROM chosen c
WHERE j.project_id = c.project_id AND j.id = c.id
RETURNING {COLUMNS}
"""

HELD_BY_US = """
FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[]) AS held(project_id, id, token)
WHERE j.project_id = held.project_id AND j.id = held.id AND j.lease_token = held.token
"""

RENEW = f"UPDATE judge_job j SET lease_until = %s {HELD_BY_US} RETURNING j.id"

RELEASE = f"""
UPDATE judge_job j SET lease_until = NULL, lease_token = NULL,
    available_at = held.available_at, last_error = held.error,
    attempts = greatest(0, j.attempts - held.refund),
    priority = CASE WHEN held.behind = 1 AND j.priority IN ({LIVE_PRIORITY}, {RUN_PRIORITY})
        THEN j.priority + 1 ELSE j.priority END
FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::text[], %s::int[],
    %s::int[]) AS held(project_id, id, token, available_at, error, refund, behind)
WHERE j.project_id = held.project_id AND j.id = held.id AND j.lease_token = held.token
"""

DROP = """
WITH ours AS (
    SELECT j.project_id, j.id FROM judge_job j
    JOIN unnest(%s::bigint[], %s::bigint[], %s::uuid[]) AS held(project_id, id, token)
        ON j.project_id = held.project_id AND j.id = held.id AND j.lease_token = held.token
    ORDER BY j.id FOR UPDATE OF j)
DELETE FROM judge_job j USING ours WHERE j.project_id = ours.project_id AND j.id = ours.id
RETURNING j.id
"""

#: Locked in the same order as by those who complete them, so that neither waits for the other.
DROP_OF_SIGNAL = """
WITH dropped AS (
    SELECT project_id, id FROM judge_job WHERE project_id = %s AND signal_id = %s
    ORDER BY id FOR UPDATE)
DELETE FROM judge_job j USING dropped
WHERE j.project_id = dropped.project_id AND j.id = dropped.id
"""

EXPIRED = f"""
SELECT {COLUMNS} FROM judge_job j
WHERE lease_until < %s ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED
"""

TOKENS_HELD = "SELECT DISTINCT lease_token FROM judge_job WHERE lease_until >= %s"

#: The reaper takes what ended a moment ago.
END_LEASES = """
UPDATE judge_job SET lease_until = %(now)s - interval '1 second'
WHERE lease_until >= %(now)s AND lease_token = ANY(%(tokens)s)
"""

HAS_WORK = f"""
SELECT EXISTS (SELECT 1 FROM judge_job WHERE team_id = ANY(%(teams)s) AND {MAY_BE_JUDGED})
"""


@dataclass(frozen=True, slots=True)
class Release:
    """A job given back. is_refunded: the attempt is not held against it. is_behind: it failed,
    and goes behind the fresh ones."""

    job: Job
    available_at: datetime
    error: str = ""
    is_refunded: bool = False
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Avoided:
    """What is not claimed: the jobs for an endpoint (0 is the environment's), of one model or all
    (""), of one agent or all (0)."""

    endpoint_id: int
    model: str = ""
    agent_id: int = 0


def claim(most: int, now: datetime, avoided: Sequence[Avoided] = ()) -> list[Job]:
    """Up to `most` jobs, trials before live before runs, fresh ones before those that failed, the
    teams taking turns, each team's oldest first. Those that are avoided stay where they are."""
    claimer = _Claimer(now, avoided)
    for_those_behind = most // FOR_THOSE_BEHIND
    claimer.take(TRIAL_PRIORITY, most)
    for fresh in (LIVE_PRIORITY, RUN_PRIORITY):
        claimer.take(fresh, most - for_those_behind)
        claimer.take(fresh + 1, most)
        claimer.take(fresh, most)
    claimed = claimer.claimed
    claimed.sort(key=lambda job: (job.trial_id is None, job.source, job.created_at, job.id))
    return claimed


class _Claimer:
    """One claim: what it has taken so far, of the teams that had something waiting."""

    def __init__(self, now: datetime, avoided: Sequence[Avoided]) -> None:
        self.token = holders.new_token()
        self.conditions = conditions(now, avoided)
        self.conditions |= {"token": self.token, "until": lease_end(now)}
        self.claimed: list[Job] = []
        self.teams = judge_day.below(waiting_teams(), now)

    def take(self, priority: int, most: int) -> None:
        """Claim jobs of that priority until there are `most` in all."""
        hungry = random.sample(self.teams, len(self.teams))
        while hungry and len(self.claimed) < most:
            room = most - len(self.claimed)
            hungry = hungry[:room]
            share = max(1, room // len(hungry))
            claimed = self._claim(hungry, priority, share, room)
            self.claimed += claimed
            served = {job.team_id for job in claimed}
            full = {team for team in served if _count(claimed, team) == share}
            hungry = [team for team in hungry if team in full]

    def _claim(self, teams: list[int], priority: int, share: int, most: int) -> list[Job]:
        values = {"teams": teams, "priority": priority, "share": share, "most": most}
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, self.conditions | values)
            return [Job(*row) for row in cursor.fetchall()]


def has_work(now: datetime, avoided: Sequence[Avoided] = ()) -> bool:
    """Say whether a claim would find anything."""
    teams = judge_day.below(waiting_teams(), now)
    if not teams:
        return False
    with connection.cursor() as cursor:
        for priority in PRIORITIES:
            values = {"teams": teams, "priority": priority}
            cursor.execute(HAS_WORK, conditions(now, avoided) | values)
            if cursor.fetchone()[0]:
                return True
    return False


def renew(jobs: Iterable[Job], now: datetime) -> set[int]:
    """Hold the leases on; the ids of those that still were ours."""
    held = _columns(jobs)
    if not held[0]:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [lease_end(now), *held])
        return {row[0] for row in cursor.fetchall()}


def release(given: Sequence[Release]) -> None:
    if not given:
        return
    columns: list[list[Any]] = [
        *_columns(each.job for each in given),
        [each.available_at for each in given],
        [each.error for each in given],
        [int(each.is_refunded) for each in given],
        [int(each.is_behind) for each in given],
    ]
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, columns)


def delete(jobs: Iterable[Job]) -> set[int]:
    """Take the jobs from the queue; the ids of those that were still ours to take."""
    held = _columns(jobs)
    if not held[0]:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(DROP, held)
        return {row[0] for row in cursor.fetchall()}


def drop_of_signal(project_id: int, signal_id: int) -> int:
    """Take all of a signal's jobs, also what a pump holds: its answer then finds no job and is
    thrown away. Returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(DROP_OF_SIGNAL, [project_id, signal_id])
        return int(cursor.rowcount)


def expired(now: datetime, most: int = 500) -> list[Job]:
    """Jobs whose holder died, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(EXPIRED, [now, most])
        return [Job(*row) for row in cursor.fetchall()]


def tokens_held(now: datetime) -> list[UUID]:
    """Return the tokens of all claims whose leases have not ended."""
    with connection.cursor() as cursor:
        cursor.execute(TOKENS_HELD, [now])
        return [row[0] for row in cursor.fetchall()]


def end_leases(tokens: Sequence[UUID], now: datetime) -> int:
    """End the leases of the claims with these tokens, and return how many jobs that are."""
    with connection.cursor() as cursor:
        cursor.execute(END_LEASES, {"tokens": list(tokens), "now": now})
        return int(cursor.rowcount)


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.JUDGE_LEASE_S)


def waiting_teams() -> list[int]:
    """Return the teams that have something in the queue which no pump holds."""
    with connection.cursor() as cursor:
        cursor.execute(TEAMS)
        return [row[0] for row in cursor.fetchall()]


def conditions(now: datetime, avoided: Sequence[Avoided]) -> dict[str, Any]:
    """Return the values of MAY_BE_JUDGED but for the priority, as `claim` explains them."""
    return {
        "now": now,
        "endpoints": [each.endpoint_id for each in avoided],
        "models": [each.model for each in avoided],
        "agents": [each.agent_id for each in avoided],
        "default": settings.JUDGE_MODEL,
        "has_own": settings.PROJECT_JUDGES,
    }


def _count(jobs: list[Job], team_id: int) -> int:
    return sum(job.team_id == team_id for job in jobs)


def _columns(jobs: Iterable[Job]) -> list[list[Any]]:
    rows = [(job.project_id, job.id, job.lease_token) for job in jobs]
    return [[row[place] for row in rows] for place in range(3)]
