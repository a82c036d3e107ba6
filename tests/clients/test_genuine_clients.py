"""Each client's page in docs/clients makes it work fully: run as it stands, it lands right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.genuine import assert_lands_right
from tests.clients.setups import Setup, all_setups
from tests.server import WebServer, test_database_url

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[WebServer]:
    """One for all: each client has a project of its own."""
    with WebServer(test_database_url()) as started:
        yield started


@pytest.mark.parametrize("setup", all_setups(), ids=lambda setup: setup.name)
def test_a_client_lands_right(setup: Setup, server: WebServer, tmp_path: Path) -> None:
    assert_lands_right(setup, server.url, tmp_path)
