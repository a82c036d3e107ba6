"""The pool of the web process: bounded, and there again after the database was away."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from config import database
from runner.child_process import manage
from runner.postgres.server import EmbeddedDatabase
from tests.server import OWN_ENVIRONMENT, WebServer

WITH_A_SESSION = {"cookie": "sessionid=of-nobody"}  # it has to be looked for


def status_of_a_page(server: WebServer) -> int:
    """Ask for a page that reads the database; without a person it leads to the sign-in."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        client.request("GET", "/", headers=WITH_A_SESSION)
        return client.getresponse().status
    finally:
        client.close()


def connections_of(name: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name])
        return {row[0] for row in cursor.fetchall()}


def test_only_a_pool_has_no_connections_of_threads_beside_it() -> None:
    given = database.settings("postgresql://ada@host/name?sslmode=require", Path("/nowhere"))
    pooled = database.pooled(given, 7)
    assert (given["CONN_MAX_AGE"], "pool" in given["OPTIONS"]) == (60, False)
    assert pooled["CONN_MAX_AGE"] == 0
    assert pooled["OPTIONS"]["pool"]["max_size"] == 7
    assert pooled["OPTIONS"]["sslmode"] == "require"


@pytest.mark.slow
def test_pages_share_a_few_connections_which_stay(database_url: str) -> None:
    url = f"{database_url}{'&' if '?' in database_url else '?'}application_name=web-pages"
    with WebServer(url, environment={"WEB_CONNECTIONS": "3"}) as server:
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _n: status_of_a_page(server), range(200)))
        open_now = connections_of("web-pages")
        assert set(answers) == {302}
        assert 1 <= len(open_now) <= 3
        assert [status_of_a_page(server) for _ in range(5)] == [302] * 5
        assert connections_of("web-pages") <= open_now


@pytest.fixture
def own_database() -> Iterator[EmbeddedDatabase]:
    """A migrated server that a test may stop and start."""
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


@pytest.mark.slow
def test_pages_are_there_again_as_soon_as_the_database_is(own_database: EmbeddedDatabase) -> None:
    with WebServer(own_database.url) as server:
        assert status_of_a_page(server) == 302
        own_database.stop()
        assert status_of_a_page(server) == 500
        own_database.start()
        assert status_of_a_page(server) == 302
