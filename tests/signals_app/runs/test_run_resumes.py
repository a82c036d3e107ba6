"""A run whose worker was killed while it queued targets goes on by itself, and queues each once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from signals_app.models import Classification, JudgeJob, Run
from signals_app.queue import working
from signals_app.runs import runs
from tests.server import OWN_ENVIRONMENT, test_database_url, wait_until
from tests.signals_app import conversations

Line = Callable[..., list[Classification]]

#: Two bites, then a third that is made but whose transaction never ends.
CODE = """
import time
from django.utils import timezone
from signals_app.runs import runs
runs.BITE = 4
runs.feed(timezone.now())
runs.feed(timezone.now())
bite = runs._bite
def stuck(run, now):
    bite(run, now)
    print("in the middle", flush=True)
    time.sleep(600)
runs._bite = stuck
runs.feed(timezone.now())
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_run_goes_on_after_kill_9_in_the_middle_of_a_bite(
    run_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BITE", 4)
    project = conversations.project()
    sent = conversations.send_traces(project, 30, now=timezone.now())
    run_line(pumps=0)
    now = timezone.now()
    run = runs.start(conversations.signal(project), now - timedelta(hours=5), now, None, None, now)
    kill_in_the_middle_of_the_third_bite()
    run.refresh_from_db()
    assert (run.matched, run.queued, JudgeJob.objects.count()) == (8, 8, 8)
    wait_until(lambda: working.sweep_once(timezone.now()) == 0, 30, "the sweep to feed the rest")
    run.refresh_from_db()
    assert (run.matched, run.queued, run.queued_all) == (30, 30, True)
    waiting = list(JudgeJob.objects.values_list("target", flat=True))
    assert sorted(each.bytes for each in waiting) == sorted(sent)
    while JudgeJob.objects.exists():
        run_line()  # the offline judge
    assert Classification.objects.count() == 30
    runs.feed(timezone.now())
    assert Run.objects.get().state == Run.State.DONE


def kill_in_the_middle_of_the_third_bite() -> None:
    environment = OWN_ENVIRONMENT | {"DATABASE_URL": test_database_url()}
    child = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", CODE],
        cwd=Path(__file__).parents[3],
        env=environment | {"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout
        assert child.stdout.readline().strip() == "in the middle"
    finally:
        child.kill()
        child.communicate()
    wait_until(nobody_else_holds_a_lock, 10, "the server to end the killed transaction")


def nobody_else_holds_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
        )
        return bool(cursor.fetchone()[0] == 0)
