"""One embedded PostgreSQL for the whole run, started when the first test asks for it.

With DATABASE_URL set, that server is used. Under pytest-xdist the server belongs to the
controlling process, and each test process gets a database of its own in it.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright

from runner.postgres.server import EmbeddedDatabase
from tests import chromium
from tests.cast import agent, manager, project, reader, signal, writer  # noqa: F401
from tests.server import WebServer, test_database_url

#: What migrating leaves: the same in every test.
KEPT_TABLES = {"django_content_type", "auth_permission"}

TESTS = Path(__file__).resolve().parent
OF_FOREIGN_PROGRAMS = (
    *(TESTS / "api" / "inf", TESTS / "api" / "mcp", TESTS / "api" / "cli", TESTS / "cli"),
    *(TESTS / "api" / "rest" / "test_exports.py", TESTS / "traces" / "uploading"),
)

_servers: list[EmbeddedDatabase] = []
_skipped: list[str] = []


def _is_xdist_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _start_database() -> None:
    if os.environ.get("DATABASE_URL") or _is_xdist_worker() or _servers:
        return
    server = EmbeddedDatabase(Path(os.environ["TEST_DATA_DIR"]), fast=True)
    server.start()
    _servers.append(server)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes through a judge that answers over HTTP is slow, whichever file it stands in, and so
    are the doors of foreign programs, over a thousand tests that REST's own stand for.

    Files with slow tests go first: two processes take whole files, and one that began with the
    longest file last would leave the other idle.
    """
    for item in items:
        is_foreign = any(item.path.is_relative_to(folder) for folder in OF_FOREIGN_PROGRAMS)
        if is_foreign or "start_judge" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_configure(config: pytest.Config) -> None:
    """Test processes of pytest-xdist cannot start a server that outlives each of them."""
    if getattr(config.option, "numprocesses", None):
        _start_database()


def pytest_unconfigure() -> None:
    if _is_xdist_worker():
        return
    while _servers:
        _servers.pop().stop()
    shutil.rmtree(os.environ.get("TEST_DATA_DIR", ""), ignore_errors=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that CI skips is a test that nobody runs."""
    if os.environ.get("CI") == "true" and _skipped and not _is_xdist_worker():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """pytest-django's place for what must happen before the first connection."""
    _start_database()


@pytest.fixture(scope="session", autouse=True)
def quickly_emptied() -> Iterator[None]:
    """Tests that commit leave a few rows in a few tables. Django would truncate all tables,
    which makes every file of theirs anew, and would then write every permission again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _delete_all_rows())
        yield


def _delete_all_rows() -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    statements = ["SET LOCAL signals.prunes_audit_log = 'yes'"]
    statements += [f'DELETE FROM "{name}"' for name in tables if name not in KEPT_TABLES]
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at its end
        cursor.execute("; ".join(statements))


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """How often somebody tried something in one test is no other test's business."""
    yield
    cache.clear()


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """For processes that the test starts: the test's database, emptied after the test."""
    return test_database_url()


@pytest.fixture
def web_server(database_url: str) -> Iterator[WebServer]:
    """A real granian over the test's database; `web_server.url` is where it answers."""
    with WebServer(database_url) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a file: while it is there, no other event loop can run in the tests' thread."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's event loop runs in the test's thread, where Django refuses queries.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = chromium.launch(playwright)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of its own cookies, 1440 pixels wide."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What collecting made lives until the end: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
