"""The embedded database's log is its owner's alone, quotes no data, and never grows for ever."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import database as database_settings
from runner.postgres import server_log
from runner.postgres.server import EmbeddedDatabase

pytestmark = pytest.mark.slow
SAID = "my card number is 4111"


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedDatabase]:
    made = Path(tempfile.mkdtemp(prefix="signals-db-"))
    made.chmod(0o711)
    with EmbeddedDatabase(made) as started:
        yield started
    shutil.rmtree(made)


def connected(database: EmbeddedDatabase) -> psycopg.Connection[Any]:
    """Connect as the program does."""
    given = database_settings.settings("", database.data_dir)
    return psycopg.connect(
        host=given["HOST"], user=given["USER"], dbname=given["NAME"], **given["OPTIONS"]
    )


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO said VALUES (%s), (%s)",
        "INSERT INTO said SELECT NULLIF(x, %s) FROM unnest(ARRAY[%s]) x",
        "INSERT INTO said SELECT x FROM unnest(ARRAY[%s, %s::integer::text]) x",
        "SELECT %s || %s::uuid::text",
        "SELECT %s || (%s::jsonb)::text",
        "SELEC %s, %s",
    ],
    ids=["twice", "null", "no number", "no uuid", "no json", "no statement"],
)
def test_no_error_puts_what_somebody_said_into_the_log(
    running: EmbeddedDatabase, statement: str
) -> None:
    with connected(running) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS said (text text NOT NULL UNIQUE)")
        connection.commit()
        with pytest.raises(psycopg.DatabaseError):
            connection.execute(statement, [SAID, SAID])
    with psycopg.connect(running.url) as bare, pytest.raises(psycopg.DatabaseError):
        bare.execute("INSERT INTO said VALUES (%s), (%s)", [SAID, SAID])
    logged = running.log_path.read_text(encoding="utf-8")
    assert "duplicate key" in logged
    assert SAID not in logged
    assert "4111" not in logged


def test_it_is_its_owners_alone_also_where_an_older_version_made_it(
    running: EmbeddedDatabase, tmp_path: Path
) -> None:
    assert stat.S_IMODE(running.log_path.stat().st_mode) == 0o600
    old = tmp_path / "postgres.log"
    old.write_text("before\n")
    old.chmod(0o644)
    server_log.opened(old).close()
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    assert old.read_text() == "before\n"


def test_a_long_log_is_put_aside_while_the_server_writes_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_log, "LIMIT_BYTES", 100)
    log = tmp_path / "postgres.log"
    with server_log.opened(log) as writing:
        writing.write(b"x" * 101)
        writing.flush()
        server_log.bound(log)
        writing.write(b"later")
    assert log.read_bytes() == b"later"
    kept = tmp_path / "postgres.log.old"
    assert kept.read_bytes() == b"x" * 101
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
