"""The worker outlives a database that is away for a while."""

from __future__ import annotations

import time

import psycopg
import pytest

from runner.postgres.server import EmbeddedDatabase
from tests.server import Worker, own_database, wait_until


def sweeps(database: EmbeddedDatabase) -> str:
    """Return when the sweep last said that it is alive, as text."""
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            "SELECT max(beat_at)::text FROM core_heartbeat WHERE name = 'sweep'"
        ).fetchone()
    return str(row[0]) if row and row[0] else ""


@pytest.mark.slow
def test_tasks_go_on_when_the_database_is_back() -> None:
    with own_database() as database, Worker(database.url) as worker:
        wait_until(lambda: sweeps(database) != "", 40, f"the first sweep ({worker.output()})")
        database.stop()
        time.sleep(15)  # long enough for a start to fail
        database.start()
        before = sweeps(database)
        wait_until(lambda: sweeps(database) > before, 30, f"the next sweep ({worker.output()})")
