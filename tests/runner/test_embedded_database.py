"""The embedded database against what the machine does to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from runner.postgres import paths
from runner.postgres.process import recorded_pid, running_pid
from runner.postgres.server import DatabaseTrouble, EmbeddedDatabase
from tests.server import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Make a folder that the server's account may pass through; pytest's own are closed to it."""
    made = Path(tempfile.mkdtemp(prefix="signals-db-"))
    made.chmod(0o711)
    yield made
    if running_pid(paths.database_folder(made)):
        with EmbeddedDatabase(made):
            """A failed test left its server: adopted, it is stopped."""
    shutil.rmtree(made)


@pytest.fixture
def database(data_dir: Path) -> Iterator[EmbeddedDatabase]:
    with EmbeddedDatabase(data_dir) as started:
        yield started


def write_a_row(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def read_the_row(database: EmbeddedDatabase) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    assert row
    return int(row[0])


def leave_behind(database: EmbeddedDatabase) -> int:
    """Forget the server, as an owner does that is killed where nothing signals its children."""
    pid = running_pid(database.folder)
    assert pid
    assert database._child
    database._child.returncode = 0  # so that Python does not warn of it
    database._child = None
    database._lock.release()
    return pid


def test_it_answers_on_a_socket_alone_and_writes_durably(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.url) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("listen_addresses", "fsync", "synchronous_commit", "server_encoding")
        ]
    assert shown == [("",), ("on",), ("on",), ("UTF8",)]
    assert database.folder.stat().st_mode & 0o077 == 0


def test_data_stay_when_it_is_stopped_and_started(data_dir: Path) -> None:
    with EmbeddedDatabase(data_dir) as first:
        write_a_row(first)
    assert running_pid(first.folder) is None
    with EmbeddedDatabase(data_dir) as second:
        assert read_the_row(second) == 42


def test_data_stay_when_the_server_is_killed(database: EmbeddedDatabase) -> None:
    write_a_row(database)
    pid = running_pid(database.folder)
    assert pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not database.is_running(), 5)
    database.ensure_running()
    assert read_the_row(database) == 42


def test_a_server_that_a_killed_owner_left_is_adopted(data_dir: Path) -> None:
    first = EmbeddedDatabase(data_dir)
    first.start()
    write_a_row(first)
    left = leave_behind(first)
    with EmbeddedDatabase(data_dir) as second:
        assert running_pid(second.folder) == left
        assert read_the_row(second) == 42
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == "zombie"


def test_a_server_that_is_just_stopping_is_started_again(data_dir: Path) -> None:
    first = EmbeddedDatabase(data_dir)
    first.start()
    os.kill(leave_behind(first), signal.SIGINT)
    with EmbeddedDatabase(data_dir) as second:
        assert second.is_running()


def test_the_server_ends_when_its_owner_is_killed(data_dir: Path) -> None:
    start = (
        "import sys, time; from pathlib import Path\n"
        "from runner.postgres.server import EmbeddedDatabase\n"
        "EmbeddedDatabase(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", start, data_dir], stdout=subprocess.PIPE)
    assert owner.stdout
    assert owner.stdout.readline() == b"up\n"
    folder = paths.database_folder(data_dir)
    assert running_pid(folder)
    owner.kill()
    owner.communicate()
    wait_until(lambda: running_pid(folder) is None, 10, "the server ends")


def innocent_of(folder: Path) -> subprocess.Popen[bytes]:
    """Run a process of the server's account: another's would not stand in PostgreSQL's way."""
    account = paths.server_account(folder)
    return subprocess.Popen(["sleep", "60"], user=account.uid if account else None, cwd="/")


def put_pid(folder: Path, pid: int) -> None:
    path = folder / "postmaster.pid"
    path.write_text(f"{pid}\n{folder}\n1700000000\n5432\n{folder}\n\n  123456   1\nready\n")


def test_a_stale_pid_of_an_innocent_process_harms_nobody(data_dir: Path) -> None:
    with EmbeddedDatabase(data_dir) as database:
        folder = database.folder
    innocent = innocent_of(folder)
    try:
        put_pid(folder, innocent.pid)
        with EmbeddedDatabase(data_dir) as again:
            assert again.is_running()
            assert recorded_pid(folder) != innocent.pid
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_zombie_is_not_taken_for_the_server(data_dir: Path) -> None:
    with EmbeddedDatabase(data_dir) as database:
        folder = database.folder
    zombie = innocent_of(folder)
    zombie.kill()
    wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE, 5)
    put_pid(folder, zombie.pid)
    with EmbeddedDatabase(data_dir) as again:
        assert again.is_running()
    zombie.wait()


def test_a_second_owner_is_refused_in_a_sentence(database: EmbeddedDatabase) -> None:
    second = EmbeddedDatabase(database.data_dir)
    with pytest.raises(DatabaseTrouble, match=f"in use by process {os.getpid()}"):
        second.start()
    second.stop()
    assert database.is_running()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(data_dir: Path) -> None:
    long = data_dir / ("deep" * 15) / ("deeper" * 10)
    with EmbeddedDatabase(long) as database:
        write_a_row(database)
        assert database.socket_folder != database.folder
        assert database.socket_folder.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(database.socket_folder)


def test_a_socket_folder_that_others_may_enter_is_refused(data_dir: Path) -> None:
    long = data_dir / ("deep" * 15) / ("deeper" * 10)
    trap = paths.socket_folder(long)
    trap.mkdir()
    trap.chmod(0o777)
    try:
        with pytest.raises(DatabaseTrouble, match="not a private folder"):
            EmbeddedDatabase(long).start()
    finally:
        trap.rmdir()


def test_a_start_that_was_cut_off_half_way_is_made_good(data_dir: Path) -> None:
    half = data_dir / "pg.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedDatabase(data_dir) as database:
        assert database.is_running()
    assert not half.exists()


def test_a_folder_of_another_major_version_is_named(data_dir: Path) -> None:
    with EmbeddedDatabase(data_dir) as database:
        version = database.folder / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(DatabaseTrouble, match="made by PostgreSQL 15"):
        EmbeddedDatabase(data_dir).start()


def test_a_folder_closed_to_the_servers_account_works_all_the_same(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run by root, the files go elsewhere and nothing is opened; else nothing is closed."""
    state = data_dir / "state"
    state.mkdir()
    monkeypatch.setattr(paths, "SYSTEM_STATE", state)
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedDatabase(closed / "data") as database:
        write_a_row(database)
        assert (database.folder.parent == closed / "data") == (os.geteuid() != 0)
    assert closed.stat().st_mode & 0o777 == 0o700
    with EmbeddedDatabase(closed / "data") as database:
        assert read_the_row(database) == 42
