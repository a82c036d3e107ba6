"""What one process at a time does: leases, and no advisory lock that outlives a transaction."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from core.background import holders, leases, locks
from core.background.leases import SoleWork
from core.background.locks import AdvisoryLock
from core.models import Lease
from tests.core.test_holders import token_of_a_process_that_ended

ROOT = Path(__file__).resolve().parents[2]
HOLD_UNTIL_KILLED = """
import sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from core.background import leases
with leases.hold(leases.SoleWork.SWEEP) as lease:
    print(lease is not None, flush=True)
    time.sleep(60)
"""

pytestmark = pytest.mark.django_db(transaction=True)


def another_process() -> subprocess.Popen[str]:
    words = [sys.executable, "-c", HOLD_UNTIL_KILLED, str(connection.settings_dict["NAME"])]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_no_lock_of_a_session_is_taken_anywhere() -> None:
    session_lock = re.compile(r"pg_(try_)?advisory_(unlock|lock(?!_xact))")
    of_locks = ROOT / "core" / "background" / "locks.py"
    apps = "alerts api benchmarks config core demo halo runner signals_app teams tests traces"
    paths = [p for app in apps.split() for p in (ROOT / app).rglob("*.py")]
    texts = {path: path.read_text(encoding="utf-8") for path in paths if path != Path(__file__)}
    assert [str(path) for path, text in texts.items() if session_lock.search(text)] == []
    takers = [path for path, text in texts.items() if "advisory_xact_lock" in text]
    assert takers == [of_locks]


def test_every_lock_has_a_number_of_its_own() -> None:
    assert len({lock.number for lock in AdvisoryLock}) == len(AdvisoryLock)


@pytest.mark.slow
def test_two_processes_exclude_each_other_and_a_killed_ones_lease_is_free_at_once() -> None:
    with another_process() as process:
        try:
            assert first_line(process) == "True"
            with leases.hold(SoleWork.SWEEP) as lease:
                assert lease is None
        finally:
            process.kill()
    with leases.hold(SoleWork.SWEEP) as lease:
        assert lease is not None
    assert not Lease.objects.exists()


def test_the_lease_of_a_holder_killed_on_another_machine_runs_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    monkeypatch.setattr(holders, "_machine", lambda: 1)
    assert leases.take("sweep", holders.new_token(), now)
    monkeypatch.undo()
    ours = holders.new_token()
    assert not leases.take("sweep", ours, now + timedelta(seconds=leases.LEASE_S - 1))
    assert leases.take("sweep", ours, now + timedelta(seconds=leases.LEASE_S + 1))


def test_who_is_dead_is_replaced_by_one_alone() -> None:
    now = timezone.now()
    assert leases.take("sweep", token_of_a_process_that_ended(), now)
    taken: list[bool] = []

    def come() -> None:
        taken.append(leases.take("sweep", holders.new_token(), now))
        connection.close()

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, False, False, True]


def test_a_lease_is_renewed_while_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.02)
    with leases.hold(SoleWork.SWEEP) as lease:
        first = Lease.objects.get().until
        deadline = time.monotonic() + 10
        while Lease.objects.get().until == first:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert lease
        assert not lease.is_lost
    assert not Lease.objects.exists()


def test_a_holder_hears_that_its_lease_is_another_ones(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.02)
    with leases.hold(SoleWork.SWEEP) as lease:
        assert lease
        later = timezone.now() + timedelta(seconds=leases.LEASE_S + 1)
        assert leases.take("sweep", another := holders.new_token(), later)
        deadline = time.monotonic() + 10
        while not lease.is_lost:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert Lease.objects.get().holder == another  # was not given back by who lost it
    assert 'lease lost: name="sweep"' in caplog.text


def test_a_lease_that_could_not_be_renewed_counts_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with leases.hold(SoleWork.SWEEP) as lease:
        assert lease
        assert not lease.is_lost
        began = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: began + leases.LEASE_S + 1)
        assert lease.is_lost
        monkeypatch.undo()


def test_who_waits_comes_after_the_holder() -> None:
    order: list[str] = []

    def wait() -> None:
        with leases.wait_and_hold(SoleWork.MIGRATIONS):
            order.append("second")
        connection.close()

    with leases.hold(SoleWork.MIGRATIONS):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_keys_of_one_lock_do_not_wait_for_each_other() -> None:
    other = connection.copy()
    try:
        with connection.cursor() as ours, other.cursor() as theirs:
            ours.execute("BEGIN")
            locks.wait_for_one_of(ours, AdvisoryLock.CLOCKS, 1)
            theirs.execute("SET lock_timeout = '2s'")
            locks.wait_for_one_of(theirs, AdvisoryLock.CLOCKS, 2)
            ours.execute("ROLLBACK")
    finally:
        other.close()
