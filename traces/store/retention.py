"""Traffic older than RETENTION_DAYS goes: whole partitions of spans, rows of the rest."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from traces.store import partitions

CHUNK = 5_000

#: Each table with the column that says how old a row is.
ROWS = (
    ("trace", "start_time"),
    ("agent_trace", "start_time"),
    ("session", "end_time"),
    ("span_log", "received_at"),
)


def drop_older_than(now: datetime, days: int) -> int:
    """Delete what is older than `days` days; 0 days keeps everything. Returns deleted traces.

    A partition goes when the whole of its week is too old. Its spans cannot be seen in
    the days until then, since a page finds spans through their trace.
    """
    if days <= 0:
        return 0
    cutoff = now - timedelta(days=days)
    gone = [_delete_rows(table, column, cutoff) for table, column in ROWS]
    _drop_partitions(cutoff)
    return gone[0]


def _delete_rows(table: str, column: str, cutoff: datetime) -> int:
    total = 0
    statement = f"""
        DELETE FROM {table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM {table} WHERE {column} < %s LIMIT {CHUNK} FOR UPDATE SKIP LOCKED))
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [cutoff])
            deleted: int = cursor.rowcount
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
