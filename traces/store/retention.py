"""Traffic older than RETENTION_DAYS goes: whole partitions of spans, rows of the rest."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from teams.models import Project
from traces.store import partitions

CHUNK = 5_000
#: Partitions of younger weeks stay, though they are empty: traffic may still come for them.
EMPTY_FOR = timedelta(days=28)

#: Old rows of one project, each found through an index that begins with the project, so that no
#: table is read from its beginning: PostgreSQL 18 could skip through these indexes without the
#: project, the versions before it cannot. What an agent did in a trace goes with the trace.
TRACES = f"""
WITH gone AS (
    DELETE FROM trace WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM trace WHERE project_id = %(project)s AND start_time < %(cutoff)s
        LIMIT {CHUNK} FOR UPDATE SKIP LOCKED))
    RETURNING project_id, trace_id
), took_part AS (
    DELETE FROM agent_trace a USING gone
    WHERE a.project_id = gone.project_id AND a.trace_id = gone.trace_id)
SELECT count(*) FROM gone
"""

#: A session that ended before the cutoff began before it.
SESSIONS = f"""
WITH gone AS (
    DELETE FROM session WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM session WHERE project_id = %(project)s AND start_time < %(cutoff)s
            AND end_time < %(cutoff)s
        LIMIT {CHUNK} FOR UPDATE SKIP LOCKED))
    RETURNING 1)
SELECT count(*) FROM gone
"""

#: Has an index by time alone.
LOGS = f"""
WITH gone AS (
    DELETE FROM span_log WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM span_log WHERE received_at < %(cutoff)s
        LIMIT {CHUNK} FOR UPDATE SKIP LOCKED))
    RETURNING 1)
SELECT count(*) FROM gone
"""


def drop_older_than(now: datetime, days: int) -> int:
    """Delete what is older than `days` days; 0 days keeps everything. Return the deleted traces.

    A partition goes when the whole of its week is too old. Its spans cannot be seen in
    the days until then, since a page finds spans through their trace.
    """
    if days <= 0:
        return 0
    cutoff = now - timedelta(days=days)
    traces = 0
    for project_id in Project.with_deleted.values_list("pk", flat=True):
        traces += _delete(TRACES, project=project_id, cutoff=cutoff)
        _delete(SESSIONS, project=project_id, cutoff=cutoff)
    _delete(LOGS, cutoff=cutoff)
    _drop_partitions(cutoff)
    return traces


def _delete(statement: str, **values: int | datetime) -> int:
    """Run a deleting statement until it finds fewer than CHUNK rows; return how many in all."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            deleted: int = cursor.fetchone()[0]
        total += deleted
        if deleted < CHUNK:
            return total


def _drop_partitions(cutoff: datetime) -> None:
    with connection.cursor() as cursor:
        weeks = partitions.existing(cursor)
    for week in weeks:
        if week + partitions.WEEK <= cutoff:
            with transaction.atomic(), connection.cursor() as cursor:
                # Dropping waits for every reader of `span`, and every later reader for it.
                cursor.execute("SET LOCAL lock_timeout = '5s'")
                cursor.execute(f"DROP TABLE IF EXISTS {partitions.name_of(week)}")
    partitions.forget()


def drop_empty(now: datetime) -> int:
    """Drop old partitions that no project has a span in any more; return how many.

    A writer that waits for such a partition finds it gone, makes it anew and tries again.
    """
    dropped = 0
    with connection.cursor() as cursor:
        weeks = partitions.existing(cursor)
    for week in weeks:
        name = partitions.name_of(week)
        if week + partitions.WEEK > now - EMPTY_FOR:
            continue
        with suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")
            if cursor.fetchone()[0]:
                continue
            cursor.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")
            if not cursor.fetchone()[0]:
                cursor.execute(f"DROP TABLE {name}")
                dropped += 1
    partitions.forget()
    return dropped
