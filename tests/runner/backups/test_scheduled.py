"""Backups make themselves, and trouble with them is told."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from alerts.incidents import watching
from alerts.models import Cause, Incident
from core.models import Backup
from runner.backups import restoring, scheduled, sealed_stream
from tests.server import Worker, test_database_url, wait_until
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORDS = "correct horse battery"
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sealed_stream, "COST", {"n": 2**4, "r": 8, "p": 1})
    settings.BACKUP_DIR, settings.BACKUP_PASSPHRASE = str(tmp_path / "kept"), WORDS
    settings.BACKUP_EVERY_H, settings.BACKUP_KEEP, settings.BACKUP_AT = 24, 2, None
    return tmp_path / "kept"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("signals-*"))


def test_one_is_made_when_it_is_due_and_the_oldest_goes(folder: Path, now: datetime) -> None:
    project = new_project("Backed up")
    for days in range(4):
        assert scheduled.look(now + days * DAY) is not None
        assert scheduled.look(now + days * DAY + timedelta(hours=1)) is None
    assert len(files(folder)) == 2
    newest = folder / files(folder)[-1]
    assert stat.S_IMODE(newest.stat().st_mode) == 0o600
    described = restoring.check(newest, WORDS)
    assert described.tables["teams_project"] == 1
    assert project.name.encode() not in newest.read_bytes()
    assert Backup.objects.filter(trouble="").exclude(finished_at=None).count() == 4


def test_what_a_killed_one_left_goes_with_the_next(folder: Path, now: datetime) -> None:
    folder.mkdir()
    half = folder / ".signals-20260101T000000Z.backup.part"
    half.write_bytes(b"half")
    Backup.objects.create(started_at=now - timedelta(minutes=1), file="killed")
    assert scheduled.look(now) is not None
    assert len(files(folder)) == 1
    assert not half.exists()


def test_the_worker_starts_the_process_that_makes_them(folder: Path, settings: Any) -> None:
    """As a process of its own, seen from outside."""
    assert [child.name for child in scheduled.children()] == ["backups"]
    given = {"BACKUP_DIR": str(folder), "BACKUP_PASSPHRASE": WORDS}
    with Worker(test_database_url(), given):
        wait_until(lambda: folder.exists() and len(files(folder)) == 1, 60, "a backup")
    assert restoring.check(folder / files(folder)[0], WORDS).rows > 0
    settings.BACKUP_DIR = ""
    assert scheduled.children() == []


def test_one_that_failed_leaves_nothing_and_is_tried_again(folder: Path, now: datetime) -> None:
    folder.write_text("no folder")
    failed = scheduled.look(now)
    assert failed is not None
    assert failed.trouble
    assert scheduled.look(now + timedelta(minutes=5)) is None
    folder.unlink()
    again = scheduled.look(now + timedelta(minutes=20))
    assert again is not None
    assert (again.trouble, len(files(folder))) == ("", 1)


def open_causes() -> list[str]:
    return list(Incident.objects.open().values_list("cause", flat=True))


def test_owners_are_told_while_there_is_no_good_backup(folder: Path, now: datetime) -> None:
    project = new_project()
    member(project, "owner")
    new_signal(new_agent(project))
    watching.watch(now)
    assert open_causes() == []
    folder.write_text("no folder")
    scheduled.look(now)
    watching.watch(now)
    assert open_causes() == [Cause.BACKUP]
    folder.unlink()
    scheduled.look(now + timedelta(hours=1))
    watching.watch(now + timedelta(hours=1))
    assert open_causes() == []
    watching.watch(now + timedelta(hours=32))
    incident = Incident.objects.open().get()
    assert "late" in incident.words
