"""The whole program on one machine: started in order, stopped in the reverse order."""

from __future__ import annotations

import logging
import subprocess
import sys
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import OutputWrapper
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from core import log_lines
from core.background import leases, locks
from core.background.leases import SoleWork
from core.background.locks import AdvisoryLock
from core.http import production
from core.logs import folding
from demo import load
from runner import die_with_parent, web_server
from runner.backups import scheduled
from runner.child_process import Child, manage
from runner.clusters import watchdog
from runner.file_lock import FileLock, Held
from runner.postgres.server import DatabaseTrouble, EmbeddedDatabase, say_on_stderr
from runner.supervisor import Supervisor
from teams.signin import first_visitor, links

logger = logging.getLogger(__name__)

#: After a start that was killed, its web server needs a moment to notice.
PORT_LIMIT_S = 2.0
WEB_LIMIT_S = 60.0
WEB_STOP_S = 6.0


class Refused(Exception):
    """The start is refused; the text says why and what to do."""


class Launcher:
    """Database, web server and worker, together: `start`, `keep_running`, then always `stop`."""

    def __init__(self, output: OutputWrapper) -> None:
        self.output = output
        self.host, self.port = settings.HOST, settings.PORT
        self._lock = FileLock(settings.DATA_DIR / "up.lock")
        self._database = None if settings.DATABASE_URL else EmbeddedDatabase(settings.DATA_DIR)
        self._children = Supervisor(self._children_to_keep())

    def _children_to_keep(self) -> list[Child]:
        command = web_server.web_command(self.host, self.port, settings.WEB_WORKERS)
        grpc = [Child("grpc", web_server.grpc_command())] if settings.OTLP_GRPC_PORT else []
        return [Child("web", command), *grpc, watchdog.new_child(), *scheduled.children()]

    def start(self) -> None:
        """Start all, and return when the web server answers and the link is printed.

        Raise Refused or DatabaseTrouble, with a sentence for the person who started it.
        """
        self._take_lock()
        folding.begin(settings.DATA_DIR)
        note_unknown_settings()
        check_production()
        self._check_ports()
        if self._database:
            self._database.start()
        migrate()
        if settings.DEMO:
            load_demo()
        self._children.start()
        self._wait_for_web()
        self._print_link()

    def keep_running(self) -> None:
        """Restart what ends, the database included, until a signal is raised as an exception."""
        self._children.keep_running(also=self._keep_database)

    def stop(self) -> None:
        """Stop what was started, the database last; also after a start that failed half-way."""
        self._children.stop(patience_s=max(watchdog.STOP_S + 1, WEB_STOP_S))
        connection.close()
        if self._database:
            self._database.stop()
        self._lock.release()

    def _take_lock(self) -> None:
        try:
            self._lock.take()
        except Held as held:
            raise Refused(
                f"Signals is running already on {settings.DATA_DIR} (process {held.pid}): "
                "stop it first, or start a second one with make run PORT=... DATA=another/folder."
            ) from None

    def _check_ports(self) -> None:
        self._check_port(self.port, "make run PORT=9000")
        if settings.OTLP_GRPC_PORT:
            if not web_server.has_grpc():
                raise Refused(
                    "OTLP_GRPC_PORT is set, and grpcio is not installed: install it with "
                    ".venv/bin/pip install grpcio, or unset OTLP_GRPC_PORT and send OTLP over HTTP."
                )
            self._check_port(settings.OTLP_GRPC_PORT, "OTLP_GRPC_PORT")

    def _check_port(self, port: int, choice: str) -> None:
        deadline = time.monotonic() + PORT_LIMIT_S
        while not web_server.is_free(self.host, port):
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            raise Refused(
                f"Port {port} on {self.host} is taken by another program: "
                f"choose another one with {choice}."
            )

    def _keep_database(self) -> None:
        if self._database:
            self._database.bound_log()
        if self._database and not self._database.is_running():
            logger.warning("The database ended: starting it again.")
            try:
                self._database.ensure_running()
            except DatabaseTrouble as trouble:
                logger.error("%s", trouble)
                time.sleep(1)

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + WEB_LIMIT_S
        while not web_server.answers(self.host, self.port):
            if time.monotonic() > deadline:
                raise Refused(f"The web server did not answer within {WEB_LIMIT_S:.0f} s.")
            time.sleep(0.05)

    def _print_link(self) -> None:
        """Print a link that lets its reader in, alone on its line, and the demo's key if any."""
        say_on_stderr("\nSignals is running. This link lets you in, once:")
        if settings.DEMO:
            user, key = load.credentials()
            self.output.write(links.issue(user, timezone.now()))
            self.output.write(f"API key: {key}")
        elif first_visitor.is_awaited():
            self.output.write(links.first_url())
        elif operator := first_visitor.operator():
            self.output.write(links.issue(operator, timezone.now()))
        else:
            self.output.write(settings.BASE_URL)
        self.output.flush()
        say_on_stderr("Ctrl-C stops everything and keeps all data.")


def check_production() -> None:
    """Refuse what is not safe on the internet, where this server says to be. Raise Refused."""
    if settings.PRODUCTION and (why := production.why_refused()):
        raise Refused("PRODUCTION=true refuses this start. " + " ".join(why))


def note_unknown_settings() -> None:
    """Log what the `.env` file sets and nothing reads: a misspelt name would change nothing."""
    for name in settings.UNKNOWN_SETTINGS:
        log_lines.write(logger, logging.WARNING, "setting not known", name=name)


def migrate() -> None:
    """Bring the tables up to date; of two processes that start at once, one waits.

    Where nothing is to be done, nothing is: a start after a crash is to be quick.
    """
    try:
        if _is_up_to_date():
            return
        with transaction.atomic(), connection.cursor() as cursor:
            locks.wait_for(cursor, AdvisoryLock.CORE_TABLES)
            _migrate("core")  # has the table of leases
        with leases.wait_and_hold(SoleWork.MIGRATIONS):
            say_on_stderr("Bringing the tables up to date.")
            _migrate()
    finally:
        connection.close()


def _is_up_to_date() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _migrate(*apps: str) -> None:
    call_command("migrate", *apps, interactive=False, verbosity=0, stdout=sys.stderr)


def load_demo() -> None:
    """Load the demo in a process of its own, so that its memory is given back."""
    loaded = subprocess.run(
        die_with_parent.wrap(manage("load_demo")), stdout=sys.stderr, check=False
    )
    if loaded.returncode:
        logger.error("The demo could not be loaded; everything else goes on.")
