"""What is wrong right now: one question for each cause, each a list of `Trouble`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import F, Min, Q

from alerts.models import Cause
from core.background import backup_state, heartbeats
from core.ui import wording
from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import shown
from signals_app.models import JudgeState, Signal
from signals_app.queue.jobs import HELD_UNTIL
from signals_app.spending import rates
from teams.models import Project

#: For so long a judge may fail, and targets may wait for it, before anybody is told.
JUDGE_PATIENCE: Final = timedelta(minutes=10)
WORKER_PATIENCE: Final = timedelta(minutes=5)
#: Traffic of this hour must have had labels by now; what settled later may still be judged.
SILENCE: Final = timedelta(hours=1)
SETTLED_BEFORE: Final = timedelta(minutes=10)
#: A trace that began earlier may settle within the hour, but few do.
BEGAN_WITHIN: Final = timedelta(hours=3)
#: With fewer targets in the sample, no label may be chance: the sample left them all out.
FEWEST_EXPECTED: Final = 5

#: Teams whose targets have waited for a judge, by the judge that they wait for: the id of one of
#: the project's own, or 0 and the model of the environment's.
WAITING = """
SELECT team_id, min(project_id), endpoint_id,
    CASE WHEN endpoint_id = 0 THEN coalesce(nullif(judge_model, ''), %(default)s) ELSE '' END
FROM (
    SELECT project.team_id, job.project_id, version.judge_model, coalesce(version.endpoint_id,
        CASE WHEN version.judge_model = '' AND %(has_own)s THEN own.id END, 0) AS endpoint_id
    FROM judge_job job
    JOIN signals_app_signalversion version ON version.id = job.version_id
    JOIN teams_project project ON project.id = job.project_id
    LEFT JOIN signals_app_judgeendpoint own ON own.project_id = job.project_id AND own.is_default
        AND own.archived_at IS NULL
    WHERE job.created_at < %(since)s AND job.available_at < %(held)s
) waits
GROUP BY 1, 3, 4
"""

#: Active signals with what settled for their agent in the hour, none of which has any outcome.
SILENT = """
SELECT signal.id, found.n * version.sample_rate
FROM signals_app_signal signal
JOIN signals_app_signalversion version ON version.id = signal.live_version_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN signal.scope = 'session' THEN (
        SELECT count(*) FROM session
        WHERE session.project_id = signal.project_id AND session.agent_id = signal.agent_id
            AND session.start_time >= %(began)s AND session.settled_at >= %(since)s
            AND session.settled_at < %(until)s)
    ELSE (
        SELECT coalesce(sum(CASE WHEN signal.scope = 'span' THEN run.llm_count ELSE 1 END), 0)
        FROM agent_trace run
        JOIN trace ON trace.project_id = run.project_id AND trace.trace_id = run.trace_id
        WHERE run.project_id = signal.project_id AND run.agent_id = signal.agent_id
            AND run.start_time >= %(began)s AND trace.settled_at >= %(since)s
            AND trace.settled_at < %(until)s)
    END AS n) found
WHERE signal.state = 'active' AND signal.activated_at < %(since)s
    AND NOT EXISTS (
        SELECT FROM signals_app_statechange change
        WHERE change.signal_id = signal.id AND change.at >= %(since)s)
    AND NOT EXISTS (
        SELECT FROM classification done
        WHERE done.project_id = signal.project_id AND done.signal_id = signal.id
            AND done.counted_at >= %(since)s)
"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause for one team; the fields are those of `Incident`."""

    team_id: int
    project_id: int
    cause: Cause
    words: str
    subject: str = ""
    signal_id: int | None = None


def stopped_signals() -> Iterator[Trouble]:
    """Find the signals that paused themselves because the judge refused them."""
    signals = Signal.objects.filter(state=Signal.State.PAUSED).exclude(paused_reason="")
    for signal in signals.select_related("project"):
        yield _of_signal(
            signal,
            Cause.SIGNAL_STOPPED,
            f"{signal.paused_reason} Until then its targets wait, and none is lost.",
        )


def failing_judges(now: datetime) -> Iterator[Trouble]:
    """Find the teams whose targets have waited for a judge that only fails."""
    failing = {_which(row): row for row in _endpoints() if _has_failed_long(row, now)}
    if not failing:
        return
    values = {
        "default": settings.JUDGE_MODEL,
        "has_own": settings.PROJECT_JUDGES,
        "since": now - JUDGE_PATIENCE,
        "held": HELD_UNTIL,
    }
    for team_id, project_id, *which in _fetch(WAITING, values):
        if (row := failing.get(tuple(which))) is not None:
            name = shown(row.endpoint.name if row.endpoint else "", row.model)
            words = (
                f"The judge “{name}” has given no answer for more than "
                f"{wording.whole_seconds(round(JUDGE_PATIENCE.total_seconds()))}: {row.last_error} "
                "Nothing is lost: what waits is judged once it answers again."
            )
            yield Trouble(team_id, project_id, Cause.JUDGE, words, name[:200])


def _which(row: JudgeState) -> tuple[int, str]:
    """Return a judge as WAITING names it."""
    return (row.endpoint_id, "") if row.endpoint_id else (0, row.model)


def _endpoints() -> list[JudgeState]:
    """Return what is known of the judges in use that have failed once."""
    of_environment = Q(endpoint=None, base_url=settings.JUDGE_BASE_URL)
    own = Q(base_url=F("endpoint__base_url"), model=F("endpoint__model"))
    rows = JudgeState.objects.exclude(last_error_at=None).select_related("endpoint")
    return list(rows.filter(own if judge_in_use.is_offline() else own | of_environment))


def _has_failed_long(row: JudgeState, now: datetime) -> bool:
    assert row.last_error_at is not None, "asked for above"
    success = row.last_success_at
    return success is None or (success < row.last_error_at and success < now - JUDGE_PATIENCE)


def silent_signals(now: datetime) -> Iterator[Trouble]:
    """Find active signals that have traffic in their sample and no outcome at all."""
    since = now - SILENCE - SETTLED_BEFORE
    moments = {"since": since, "until": now - SETTLED_BEFORE, "began": since - BEGAN_WITHIN}
    sampled = dict(_fetch(SILENT, moments))
    signals = list(Signal.objects.filter(pk__in=sampled).select_related("project"))
    lowered = rates.factors_of({signal.project_id for signal in signals}, moments["began"])
    expected = {
        each.pk: sampled[each.pk] * lowered.least(each.project_id, moments["began"], now)
        for each in signals
    }
    for signal in signals:
        if expected[signal.pk] < FEWEST_EXPECTED:
            continue
        yield _of_signal(
            signal,
            Cause.NO_LABELS,
            f"About {wording.number(expected[signal.pk])} targets of its sample settled in an "
            "hour, and none was judged. Its page says what is known.",
        )


def stopped_worker(now: datetime) -> Iterator[Trouble]:
    """Find that the sweep, which every worker runs each second, has not been seen for long."""
    seen = heartbeats.last("sweep")
    # Far ahead it stands after the clock was set back, until a worker that lives says so again.
    if seen is None or abs(now - seen) <= WORKER_PATIENCE:
        return
    words = (
        f"The worker was last heard of {wording.ago(seen, now)}, so nothing settles and nothing is "
        "judged. Traffic is still stored. Start it with “manage.py worker” (“make run” starts it "
        "too)."
    )
    yield from _for_every_team(Cause.WORKER, words)


def full_disk() -> Iterator[Trouble]:
    """Find that the disk of the embedded database has little space left."""
    least = settings.DISK_FREE_MIN_MB * 1_000_000
    if settings.DATABASE_URL or not least:
        return
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free >= least:
        return
    words = (
        f"The disk of the database has {free // 1_000_000:,} MB left. When it is full, traffic is "
        "refused. Make space, or set RETENTION_DAYS to keep less."
    )
    yield from _for_every_team(Cause.DISK, words)


def missing_backup(now: datetime) -> Iterator[Trouble]:
    """Find that the last backup failed, or that the next one is late."""
    if not settings.BACKUP_DIR:
        return
    state = backup_state.known()
    is_late = state.is_late(now, settings.BACKUP_EVERY_H)
    if not (state.trouble or is_late):
        return
    last = f"was made {wording.ago(state.good_at, now)}" if state.good_at else "is not there yet"
    why = f"The last try failed: {state.trouble}" if state.trouble else "The next one is late."
    words = f"The last good backup {last}. {why} It is tried again every 15 minutes."
    yield from _for_every_team(Cause.BACKUP, words)


def _for_every_team(cause: Cause, words: str) -> Iterator[Trouble]:
    """Repeat the trouble for every team that has a signal: others would not know what it is
    about."""
    teams = Project.objects.filter(signals__isnull=False).values("team_id")
    for row in teams.annotate(project=Min("pk")).order_by("team_id"):
        yield Trouble(row["team_id"], row["project"], cause, words)


def _of_signal(signal: Signal, cause: Cause, words: str) -> Trouble:
    project = signal.project
    return Trouble(project.team_id, project.pk, cause, words, str(signal.uuid), signal.pk)


def _fetch(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
