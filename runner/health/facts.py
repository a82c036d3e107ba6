"""What is asked of the database for the checks, on a connection that nobody else waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Min
from django.utils import timezone
from django_q.models import OrmQ

from runner.health import judge_queue
from traces.models import Trace
from traces.receiving import pool

#: The sweep, which every worker runs each second, says so under this name.
WORKER_BEAT = "sweep"
PROBE_BEAT = "probe"
#: What the server itself may take, in ms; who waits for it gives up a little later (`watching`).
STATEMENT_MS = 1_500
CONNECT_S = 2

WRITE = """
INSERT INTO core_heartbeat (name, beat_at) VALUES (%s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET beat_at = EXCLUDED.beat_at
"""
BEAT = """
SELECT extract(epoch FROM clock_timestamp() - beat_at)::float8 FROM core_heartbeat WHERE name = %s
"""


@dataclass(frozen=True, slots=True)
class Waits:
    """For how many seconds the oldest of each kind has waited beyond its time; 0 if none does."""

    to_settle_s: float
    to_be_judged_s: float
    tasks_s: float


def written() -> psycopg.Connection:
    """Open a connection that has written a row; raise psycopg.Error where that cannot be done."""
    words = pool.connection_words() | {"connect_timeout": CONNECT_S}
    opened = psycopg.connect(**words)
    try:
        opened.execute(f"SET statement_timeout = {STATEMENT_MS}")
        opened.execute(f"SET lock_timeout = {STATEMENT_MS}")
        opened.execute(WRITE, [PROBE_BEAT])
    except BaseException:
        opened.close()
        raise
    return opened


def missing_migrations(opened: psycopg.Connection) -> list[str]:
    """Return the migrations of this program that the database does not have."""
    rows = opened.execute("SELECT app, name FROM django_migrations").fetchall()
    return sorted(f"{app}.{name}" for app, name in _migrations() - set(rows))


def worker_beat_s(opened: psycopg.Connection) -> float | None:
    """Return how long ago a worker swept, by the database's clock; None if none ever did.

    Below zero after the clock was set back, until it sweeps again.
    """
    row = opened.execute(BEAT, [WORKER_BEAT]).fetchone()
    return float(row[0]) if row else None


def waits() -> Waits:
    """Ask as `asked_waits`, in a thread of the caller's own, and give its connection back."""
    try:
        return asked_waits()
    finally:
        connection.close()


def asked_waits() -> Waits:
    """Ask for how long what could go on has waited, through Django's connection of this thread."""
    now = timezone.now()
    due = Trace.objects.filter(due_at__lte=now).aggregate(first=Min("due_at"))["first"]
    task = OrmQ.objects.filter(lock__lte=now).aggregate(first=Min("lock"))["first"]
    return Waits(_s(due, now), _s(judge_queue.oldest_live(now), now), _s(task, now))


def _s(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0


@cache
def _migrations() -> frozenset[tuple[Any, Any]]:
    """Read the program's own migrations, once: they do not change while it runs."""
    loader = MigrationLoader(None)
    replaced = {key for each in loader.disk_migrations.values() for key in each.replaces}
    return frozenset(set(loader.disk_migrations) - replaced)
