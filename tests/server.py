"""The real web server and the real worker, for tests that need them as processes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from django.db import connection

from runner import web_server
from runner.child_process import Child, manage
from runner.postgres.server import EmbeddedDatabase

#: The tests' own settings would drop what a test sets in the environment.
OWN_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": os.devnull,
    # Its live traffic would keep a worker busy and write into the test's database.
    "DEMO": "false",
    "PYTHONUNBUFFERED": "1",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_database_url() -> str:
    """The DATABASE_URL of the database that the running test uses."""
    given = connection.settings_dict
    name, user, host = given["NAME"], given["USER"], given["HOST"]
    password = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    if str(host).startswith("/"):
        return f"postgresql://{user}{password}@/{name}?host={quote(str(host), safe='')}"
    return f"postgresql://{user}{password}@{host}:{given['PORT'] or 5432}/{name}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


def wait_until(is_true: Callable[[], bool], within_s: float, what: str = "") -> None:
    """Raises AssertionError, naming `what`, when the time is over."""
    deadline = time.monotonic() + within_s
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or is_true}")
        time.sleep(0.05)


@contextmanager
def own_database() -> Iterator[EmbeddedDatabase]:
    """Start a migrated database server that a test may stop and start."""
    folder = Path(tempfile.mkdtemp(prefix="signals-db-"))
    folder.chmod(0o711)
    try:
        with EmbeddedDatabase(folder, fast=True) as started:
            given = {"DATABASE_URL": started.url, "DATA_DIR": str(folder)}
            environment = os.environ | OWN_ENVIRONMENT | given
            subprocess.run(manage("migrate", "-v0"), env=environment, check=True)
            yield started
    finally:
        shutil.rmtree(folder)


class Piece:
    """A child process of the test; its output is kept and shown when it does not come up."""

    def __init__(
        self, command: list[str], name: str, environment: Mapping[str, str] | None
    ) -> None:
        self._log, path = tempfile.mkstemp(prefix=f"signals-{name}-", suffix=".log")
        self._log_path = Path(path)
        given = OWN_ENVIRONMENT | dict(environment or {})
        self.child = Child(name, command, environment=given, output=self._log)

    def __enter__(self) -> Self:
        self.child.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.child.stop(patience_s=15)
        os.close(self._log)
        self._log_path.unlink()

    @property
    def pid(self) -> int:
        return self.child.pid

    def output(self) -> str:
        """Everything that it has written so far, to either stream."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")


class WebServer(Piece):
    """granian on a free port; `with WebServer(database_url) as server: server.url`."""

    def __init__(
        self,
        database_url: str,
        port: int = 0,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        given = {"DATABASE_URL": database_url, "BASE_URL": self.url} | dict(environment or {})
        super().__init__(web_server.web_command("127.0.0.1", self.port, workers), "web", given)

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            wait_until(self._is_up_or_dead, 60, "the web server answers")
            assert not self.child.has_ended(), "the web server ended"
        except AssertionError as error:
            text = self.output()
            self.__exit__(None, None, None)
            raise AssertionError(f"{error}\n{text}") from None
        return self

    def _is_up_or_dead(self) -> bool:
        return self.child.has_ended() or web_server.answers("127.0.0.1", self.port)


class Worker(Piece):
    """`manage.py worker`, which may need a few seconds until it takes tasks."""

    def __init__(self, database_url: str, environment: Mapping[str, str] | None = None) -> None:
        given = {"DATABASE_URL": database_url} | dict(environment or {})
        super().__init__(manage("worker"), "worker", given)
