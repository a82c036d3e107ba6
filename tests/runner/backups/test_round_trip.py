"""A backup made while traffic comes in and is judged, restored on another machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from alerts.delivery import webhook
from alerts.models import Destination, Kind
from runner.child_process import manage
from runner.postgres.server import EmbeddedDatabase
from signals_app.models import Classification
from teams.models import ApiKey
from tests.alerts.watched import alert_of
from tests.server import OWN_ENVIRONMENT, Worker, test_database_url, wait_until
from tests.signals_app import conversations

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WORDS = "correct horse battery"

#: What only the right keys can do.
OPENS = """
import json
from django.utils import timezone
from alerts.delivery import webhook
from alerts.models import Destination
from teams import keys
assert keys.opened_by("%s", timezone.now()).project.name == "Acme"
sealed = Destination.objects.exclude(secret_sealed=None).get()
print(json.dumps(webhook.keys_of(sealed, timezone.now())))
"""


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="signals-restore-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def run(*words: str, data_dir: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a data folder, or on the DATABASE_URL in `more`."""
    given = {"DATA_DIR": str(data_dir), "BACKUP_PASSPHRASE": WORDS}
    environment: dict[str, Any] = os.environ | OWN_ENVIRONMENT | given | more
    for name in ("DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEY", "TEST_DATA_DIR"):
        if name not in more:
            environment.pop(name, None)
    return subprocess.run(manage(*words), env=environment, capture_output=True, text=True)


def query(database: EmbeddedDatabase, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.url) as opened:
        return opened.execute(statement).fetchall()


COUNTS = "SELECT signal_id, grain, bucket, version_id, source, outcome, label, n FROM label_count"


def counted_again(database: EmbeddedDatabase, data_dir: Path) -> list[tuple[Any, ...]]:
    """Return the counts, which a recount does not change."""
    counted = sorted(query(database, COUNTS))
    done = run("recount", data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    assert sorted(query(database, COUNTS)) == counted
    return counted


def test_a_backup_under_load_comes_back_whole_on_another_machine(elsewhere: Path) -> None:
    project = conversations.project()
    signal = conversations.signal(project)
    _, secret = ApiKey.objects.issue(project, "app")
    hook = Destination.objects.create(alert=alert_of(signal), kind=Kind.WEBHOOK)
    hook_secret = webhook.new_secret(hook, timezone.now())
    backup = elsewhere / "a.backup"
    source = {
        "DATABASE_URL": test_database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEY": settings.ENCRYPTION_KEY,
    }
    is_over = threading.Event()

    def keep_sending() -> None:
        try:
            while not is_over.wait(0.02):
                conversations.send_traces(project, 5, now=timezone.now())
        finally:
            connection.close()

    sending = threading.Thread(target=keep_sending)
    environment = {"TRACE_QUIET_S": "0.2", "JUDGE_BASE_URL": ""}
    with Worker(test_database_url(), environment):
        sending.start()
        try:
            wait_until(lambda: Classification.objects.count() > 50, 60, "labels")
            before = Classification.objects.count()
            done = run("backup", str(backup), data_dir=elsewhere, **source)
            after = Classification.objects.count()
            wait_until(lambda: Classification.objects.count() > after + 20, 60, "judging goes on")
        finally:
            is_over.set()
            sending.join()
    assert done.returncode == 0, done.stderr
    assert after > before, "it was under load"

    restored = run("restore", str(backup), data_dir=elsewhere)
    assert restored.returncode == 0, restored.stderr
    with EmbeddedDatabase(elsewhere) as database:
        ((labelled, orphans),) = query(
            database,
            "SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM span s WHERE "
            "s.project_id = c.project_id AND s.trace_id = c.target)) FROM classification c",
        )
        assert before <= labelled <= after
        assert orphans == 0
        counted = counted_again(database, elsewhere)
        assert sum(row[-1] for row in counted if row[1] == "m") == labelled
        opened = run("shell", "-c", OPENS % secret, data_dir=elsewhere)
        assert json.loads(opened.stdout.splitlines()[-1]) == [hook_secret], opened.stderr
        assert run("migrate", "--check", data_dir=elsewhere).returncode == 0

    refused = run("restore", str(backup), data_dir=elsewhere)
    assert refused.returncode != 0
    assert "not empty" in refused.stderr
    assert run("restore", "--replace", str(backup), data_dir=elsewhere).returncode == 0


def test_a_backup_that_breaks_off_leaves_the_installation_as_it_was(elsewhere: Path) -> None:
    conversations.send_traces(conversations.project(), 3000, now=timezone.now())
    backup, half = elsewhere / "a.backup", elsewhere / "half.backup"
    source = {"DATABASE_URL": test_database_url(), "SECRET_KEY": "x"}
    assert run("backup", str(backup), data_dir=elsewhere / "of", **source).returncode == 0
    assert run("restore", str(backup), data_dir=elsewhere).returncode == 0
    key = (elsewhere / "encryption_key").read_text()
    half.write_bytes(backup.read_bytes()[:-400])
    broken = run("restore", "--replace", str(half), data_dir=elsewhere)
    assert broken.returncode != 0
    assert "damaged or cut off" in broken.stderr
    assert (elsewhere / "encryption_key").read_text() == key
    assert not list(elsewhere.glob("*.restored"))
    with EmbeddedDatabase(elsewhere) as database:
        assert query(database, "SELECT count(*) FROM trace") == [(3000,)]


def test_a_database_elsewhere_is_filled_and_replaced_too(elsewhere: Path) -> None:
    """With DATABASE_URL, where the account need not own the schema."""
    conversations.send_traces(conversations.project(), 30, now=timezone.now())
    backup = elsewhere / "a.backup"
    source = {"DATABASE_URL": test_database_url()}
    assert run("backup", str(backup), data_dir=elsewhere, **source).returncode == 0
    with (
        EmbeddedDatabase(elsewhere) as database,
        psycopg.connect(database.url, autocommit=True) as admin,
    ):
        admin.execute("CREATE ROLE lodger LOGIN")
        admin.execute("GRANT CREATE ON SCHEMA public TO lodger")
        target = {"DATABASE_URL": database.url.replace("postgres@", "lodger@")}
        for words in ("", "--replace"):
            done = run("restore", *words.split(), str(backup), data_dir=elsewhere / "b", **target)
            assert done.returncode == 0, done.stderr
        assert query(database, "SELECT count(*) FROM trace") == [(30,)]


def test_a_backup_of_a_later_program_is_refused_with_a_sentence(elsewhere: Path) -> None:
    later = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())"
    with connection.cursor() as cursor:
        cursor.execute(later, ["traces", "9999_of_next_year"])
    try:
        backup = elsewhere / "a.backup"
        source = {"DATABASE_URL": test_database_url()}
        assert run("backup", str(backup), data_dir=elsewhere / "of", **source).returncode == 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_of_next_year'")
    refused = run("restore", str(backup), data_dir=elsewhere)
    assert refused.returncode != 0
    assert "made by a later Signals" in refused.stderr
    assert "traces.9999_of_next_year" in refused.stderr


def test_the_passphrase_never_stands_on_the_command_line(elsewhere: Path) -> None:
    missing = run("backup", "x", data_dir=elsewhere, BACKUP_PASSPHRASE="")
    assert "set BACKUP_PASSPHRASE" in missing.stderr
