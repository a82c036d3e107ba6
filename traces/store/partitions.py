"""Weekly partitions of `span`: made ahead by a task, and on demand by a writer.

A partition is made as a table of its own and then attached: ATTACH PARTITION lets other
writers go on, where CREATE … PARTITION OF would lock the whole of `span`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from core.background import locks
from core.background.locks import AdvisoryLock

#: psycopg's, or Django's around it.
Cursor = Any

WEEK = timedelta(days=7)
AHEAD = timedelta(days=21)

#: Weeks whose partition this process has seen. A writer that finds one of them gone
#: (dropped by retention, or rolled back) calls `forget` and tries again.
_seen: set[datetime] = set()

PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'span'::regclass
"""


def week_of(moment: datetime) -> datetime:
    """Return the Monday, 00:00 UTC, on or before a moment."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def name_of(week: datetime) -> str:
    """Return the name of the partition of a week."""
    return f"span_{week:%Y%m%d}"


def ensure(cursor: Cursor, start: datetime, end: datetime) -> None:
    """Make the partitions for spans that start in [start, end], both included.

    Call it first in a transaction, before any row is locked: it waits for whoever else
    makes partitions. Costs nothing when this process has seen the weeks before.
    """
    weeks = {week_of(start) + WEEK * n for n in range((week_of(end) - week_of(start)) // WEEK + 1)}
    if missing := weeks - _seen:
        _make(cursor, missing)


def forget() -> None:
    """Forget which weeks have a partition, since one that was there is not any more."""
    _seen.clear()


def make_ahead(cursor: Cursor, now: datetime) -> None:
    """Make the partitions of this week and the next three."""
    forget()
    ensure(cursor, now, now + AHEAD)


def existing(cursor: Cursor) -> list[datetime]:
    """Return the weeks that have a partition, oldest first."""
    cursor.execute(PARTITIONS)
    names = [row[0] for row in cursor.fetchall()]
    return sorted(datetime.strptime(n, "span_%Y%m%d").replace(tzinfo=UTC) for n in names)


def _make(cursor: Cursor, weeks: set[datetime]) -> None:
    there = set(existing(cursor))
    if absent := weeks - there:
        locks.wait_for(cursor, AdvisoryLock.PARTITIONS)
        for week in sorted(absent - set(existing(cursor))):
            _make_one(cursor, week)
    # Not those just made: until our commit no other thread of this process can use them.
    _seen.update(weeks & there)


def _make_one(cursor: Cursor, week: datetime) -> None:
    table = sql.Identifier(name_of(week))
    bounds = (sql.Literal(week.isoformat()), sql.Literal((week + WEEK).isoformat()))
    cursor.execute(sql.SQL("CREATE TABLE {} (LIKE span INCLUDING ALL)").format(table))
    cursor.execute(
        sql.SQL("ALTER TABLE span ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            table, *bounds
        )
    )
