"""Every advisory lock of the project, and the only functions that take one.

All of them end with the caller's transaction: behind a pooler such as pgbouncer a lock of the
session would stay on a connection that somebody else has by then. So they are for moments; work of
seconds and minutes that one process at a time does holds a lease (`leases`).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

#: psycopg's, or Django's around it.
Cursor = Any


class AdvisoryLock(Enum):
    """A number that nothing else in the database uses, and what its holder alone may do."""

    ALERTS = 7_311_003, "looks at all alerts for one minute"
    CORE_TABLES = 7_311_901, "makes the tables of `core`, among them that of the leases"
    TICKS = 7_311_902, "makes django-q2's schedules match ours"
    CLOCKS = 730_581_022, "moves traces of one project whose clock cannot be right"
    PARTITIONS = 7_305_810_219, "makes partitions of `span`"
    FIRST_VISITOR = 7_311_903, "becomes the first person of an empty installation"

    def __init__(self, number: int, holder_may: str) -> None:
        self.number = number
        self.holder_may = holder_may


def wait_for(cursor: Cursor, lock: AdvisoryLock) -> None:
    """Take the lock until the transaction of the cursor ends, after whoever holds it now."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock.number])


def wait_for_one_of(cursor: Cursor, lock: AdvisoryLock, key: int) -> None:
    """Take the lock for one key, such as a project's: holders of other keys are not waited for."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock.number, key % 2**31])


def try_to_take(cursor: Cursor, lock: AdvisoryLock) -> bool:
    """Take the lock until the transaction ends if nobody holds it, and say whether it is ours."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock.number])
    return bool(cursor.fetchone()[0])
