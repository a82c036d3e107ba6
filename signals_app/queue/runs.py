"""Manual runs: a version applied to a window of the past, queued in bites from a cursor.

What was classified under the same version, live or by another run, is passed over. Nothing
is held in memory but the cursor, so a run over a year of traffic costs no more than a day's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from signals_app import sampling
from signals_app.models import JudgeJob, Run, Scope, Signal, Source
from signals_app.queue.jobs import RUN_PRIORITY
from teams.models import User

#: Targets looked at in one bite.
BITE = 2000
#: More waiting jobs of one run than this help nobody: the next bite waits.
ENOUGH_WAITING = 10_000

#: By scope: the settled targets behind the cursor, as (at, target, span_id, revision).
_PAGES = {
    Scope.TRACE: """
        SELECT a.start_time AS at, a.trace_id AS target, 0::bigint AS span_id, t.revision
        FROM agent_trace a
        JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
        WHERE a.project_id = %(project)s AND a.agent_id = %(agent)s
            AND a.start_time >= %(start)s AND a.start_time < %(end)s
            AND (a.start_time, a.trace_id) > (%(at)s, %(target)s::uuid)
            AND t.settled_at IS NOT NULL
        ORDER BY a.start_time, a.trace_id LIMIT %(bite)s""",
    Scope.SESSION: """
        SELECT s.start_time AS at, s.key AS target, 0::bigint AS span_id, s.revision
        FROM session s
        WHERE s.project_id = %(project)s AND s.agent_id = %(agent)s
            AND s.start_time >= %(start)s AND s.start_time < %(end)s
            AND (s.start_time, s.key) > (%(at)s, %(target)s::uuid)
            AND s.settled_at IS NOT NULL
        ORDER BY s.start_time, s.key LIMIT %(bite)s""",
    Scope.SPAN: """
        SELECT s.start_time AS at, s.trace_id AS target, s.span_id, 1 AS revision
        FROM span s
        JOIN trace t ON t.project_id = s.project_id AND t.trace_id = s.trace_id
        WHERE s.project_id = %(project)s AND s.agent_id = %(agent)s AND s.kind = 'llm'
            AND s.flags & 4 = 0
            AND s.start_time >= %(start)s AND s.start_time < %(end)s
            AND (s.start_time, s.trace_id, s.span_id) > (%(at)s, %(target)s::uuid, %(span)s::bigint)
            AND t.settled_at IS NOT NULL
        ORDER BY s.start_time, s.trace_id, s.span_id LIMIT %(bite)s""",
}

_BITE_SQL = """
WITH page AS MATERIALIZED ({page}),
wanted AS MATERIALIZED (
    SELECT * FROM page
    WHERE {is_sampled} AND NOT EXISTS (
        SELECT 1 FROM classification c
        WHERE c.project_id = %(project)s AND c.version_id = %(version)s
            AND c.target = page.target AND c.span_id = page.span_id)
),
queued AS (
    INSERT INTO judge_job (project_id, team_id, signal_id, version_id, agent_id, scope, target,
        span_id, revision, target_time, sample_rate, source, run_id, priority, created_at,
        available_at, attempts, last_error)
    SELECT %(project)s, %(team)s, %(signal)s, %(version)s, %(agent)s, %(scope)s, target, span_id,
        least(revision, 32000), at, %(rate)s, %(source)s, %(run)s, %(priority)s, %(now)s, %(now)s,
        0, ''
    FROM wanted ORDER BY at, target, span_id
    ON CONFLICT (project_id, version_id, target, span_id, revision) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM queued),
    last.at, last.target, last.span_id
FROM (SELECT 1) one
LEFT JOIN LATERAL (
    SELECT * FROM page ORDER BY at DESC, target DESC, span_id DESC LIMIT 1) last ON true
"""


class CannotRun(Exception):
    """The message says why."""


def start(
    signal: Signal,
    start: datetime,
    end: datetime,
    rate: float | None,
    user: User | None,
    now: datetime,
) -> Run:
    """A run of the live version over targets whose time lies in [start, end).

    rate: above 0 and at most 1; None takes the version's. Raises CannotRun.
    """
    version = signal.live_version
    if version is None or signal.state == Signal.State.ARCHIVED:
        raise CannotRun("Only a signal with a prompt that is not archived can be run.")
    if not start < end:
        raise CannotRun("The window must end after it starts.")
    chosen = version.sample_rate if rate is None else rate
    if not 0 < chosen <= 1:
        raise CannotRun("Choose a rate above 0 % and at most 100 %.")
    return Run.objects.create(
        project_id=signal.project_id,
        signal=signal,
        version=version,
        start=start,
        end=min(end, now),
        sample_rate=chosen,
        created_by=user,
    )


def cancel(run: Run, now: datetime) -> int:
    """Stop it; what is judged stays. Returns how many waiting targets were dropped."""
    with transaction.atomic():
        rows = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
        rows.update(state=Run.State.CANCELLED, finished_at=now)
        dropped = int(_jobs(run).filter(lease_until=None).delete()[0])
    run.refresh_from_db()
    return dropped


def feed(now: datetime) -> int:
    """One bite of every run that is under way; returns how many targets were looked at."""
    looked = 0
    for pk in Run.objects.filter(state=Run.State.RUNNING).values_list("pk", flat=True):
        with transaction.atomic():
            run = _claim(pk)
            if run is None:
                continue
            looked += _bite(run, now) if not run.queued_all else _end(run, now)
    return looked


def _claim(pk: int) -> Run | None:
    rows = Run.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("version", "signal__agent", "project")
    return rows.filter(pk=pk, state=Run.State.RUNNING).first()


def _end(run: Run, now: datetime) -> int:
    """A run is done when nothing of it waits any more."""
    if not _jobs(run).exists():
        run.state, run.finished_at = Run.State.DONE, now
        run.save(update_fields=["state", "finished_at"])
    return 0


def _bite(run: Run, now: datetime) -> int:
    if _jobs(run)[ENOUGH_WAITING : ENOUGH_WAITING + 1].exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_statement(run.signal.scope), _values(run, now))
        looked, queued, at, target, span_id = cursor.fetchone()
    run.matched = F("matched") + looked
    run.queued = F("queued") + queued
    run.queued_all = looked < BITE
    if looked:
        run.cursor = f"{at.isoformat()} {target.hex} {span_id}"
    run.save(update_fields=["matched", "queued", "queued_all", "cursor"])
    return int(looked)


def _statement(scope: str) -> str:
    span_id = "span_id" if scope == Scope.SPAN else None
    is_sampled = sampling.sql_is_sampled("target", span_id)
    return _BITE_SQL.format(page=_PAGES[Scope(scope)], is_sampled=is_sampled)


def _values(run: Run, now: datetime) -> dict[str, Any]:
    at, target, span = (run.cursor or f"{run.start.isoformat()} {'0' * 32} {-(2**63)}").split()
    signal = run.signal
    return {
        "project": run.project_id,
        "team": run.project.team_id,
        "signal": signal.pk,
        "version": run.version_id,
        "agent": signal.agent_id,
        "scope": signal.scope,
        "start": run.start,
        "end": run.end,
        "at": datetime.fromisoformat(at),
        "target": target,
        "span": span,
        "bite": BITE,
        "salt": signal.sampling_salt,
        "rate": run.sample_rate,
        "source": Source.RUN.value,
        "run": run.pk,
        "priority": RUN_PRIORITY,
        "now": now,
    }


def _jobs(run: Run) -> Any:
    return JudgeJob.objects.filter(
        project_id=run.project_id, signal_id=run.signal_id, run_id=run.pk
    ).order_by()
