"""Each check says what is, and what to do where it is not well."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from core.background import heartbeats
from core.background.queue import enqueue
from runner.health import checks, facts
from runner.health.checks import Check
from runner.health.facts import Waits
from signals_app.queue import insertion
from tests.signals_app import conversations
from tests.signals_app.waiting import job_of
from traces.receiving import pool

pytestmark = pytest.mark.django_db(transaction=True)


def found(name: str) -> Check:
    return next(each for each in checks.all_of() if each.name == name)


@pytest.mark.parametrize(
    ("beat_s", "is_good"),
    [
        pytest.param(None, False, id="no worker was ever there"),
        pytest.param(3.0, True, id="it swept a moment ago"),
        pytest.param(91.0, False, id="it has been silent for longer than it may be"),
        pytest.param(-3600.0, False, id="it swept before the clock was set back, and not since"),
    ],
)
def test_a_worker_is_judged_by_its_last_sweep(beat_s: float | None, is_good: bool) -> None:
    check = checks.worker(beat_s)
    assert check.is_good is is_good
    assert bool(check.advice) is not is_good


@pytest.mark.parametrize(
    ("waits", "is_good", "word"),
    [
        pytest.param(Waits(0, 0, 0), True, "Nothing", id="nothing waits"),
        pytest.param(Waits(901, 0, 0), False, "settled", id="traces wait to be settled"),
        pytest.param(Waits(0, 901, 0), False, "judged", id="targets wait to be judged"),
        pytest.param(Waits(0, 2, 901), False, "task", id="tasks wait"),
    ],
)
def test_a_queue_is_judged_by_what_has_waited_longest(
    waits: Waits, is_good: bool, word: str
) -> None:
    check = checks.queue(waits)
    assert check.is_good is is_good
    assert word in check.words


def test_a_database_that_takes_a_write_has_all_its_tables() -> None:
    heartbeats.write("sweep", timezone.now())
    assert {each.name: each.is_good for each in checks.all_of()} == dict.fromkeys(
        ("database", "migrations", "worker", "queue", "disk"), True
    )


def test_a_migration_that_is_not_applied_is_named() -> None:
    with connection.cursor() as cursor:
        where = "WHERE app = 'core' AND name LIKE '0001%%'"
        cursor.execute(f"UPDATE django_migrations SET app = 'gone' {where}")
    try:
        check = found("migrations")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET app = 'core' WHERE app = 'gone'")
    assert check.is_good is False
    assert "core.0001" in check.words


def test_a_database_that_only_reads_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    words = pool.connection_words()
    read_only = words | {"options": "-c default_transaction_read_only=on"}
    monkeypatch.setattr(pool, "connection_words", lambda: read_only)
    told = {each.name: each.is_good for each in checks.all_of()}
    assert told["database"] is False
    assert told["worker"] is None, "what cannot be asked is not said"


def test_a_database_that_is_not_there_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_words: object) -> None:
        raise psycopg.OperationalError("connection refused\nsecond line")

    monkeypatch.setattr(psycopg, "connect", refuse)
    check = found("database")
    assert (check.is_good, check.words) == (False, "It takes no write: connection refused")


def test_a_disk_with_too_little_space_is_full(settings: object) -> None:
    settings.READY_DISK_MB = 10**9  # type: ignore[attr-defined]
    check = checks.disk()
    assert check.is_good is False
    assert "MB are free" in check.words


def test_what_waits_is_asked_of_traces_targets_and_tasks() -> None:
    now = timezone.now()
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 1, now=now - timedelta(hours=2))
    insertion.insert([job_of(signal, uuid4(), now - timedelta(hours=1))], now)
    enqueue("core.tasks.prune_failures")
    waits = facts.waits()
    assert 10_000 < waits.to_settle_s < 11_000
    assert 3_590 < waits.to_be_judged_s < 3_700
    assert 0 < waits.tasks_s < 60
