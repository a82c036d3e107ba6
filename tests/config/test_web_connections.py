"""The pool of the web process: bounded, and there again after the database was away."""

from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from config import database
from tests.server import WebServer, own_database

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


@pytest.mark.slow
def test_visitors_who_leave_before_the_answer_give_their_connection_back(database_url: str) -> None:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid=of-nobody\r\n\r\n"
    with WebServer(database_url, environment={"WEB_CONNECTIONS": "2"}) as server:
        for number in range(60):
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
                client.sendall(request)
                time.sleep(number % 6 / 1000)  # at all places of the request's way
        assert [status_of_a_page(server) for _ in range(6)] == [302] * 6


@pytest.mark.slow
def test_pages_are_there_again_as_soon_as_the_database_is() -> None:
    with own_database() as started, WebServer(started.url) as server:
        assert status_of_a_page(server) == 302
        started.stop()
        assert status_of_a_page(server) == 500
        started.start()
        assert status_of_a_page(server) == 302


def test_a_network_that_swallows_everything_is_noticed_in_time() -> None:
    given = database.settings("postgresql://ada@host/name?tcp_user_timeout=5000", Path("/nowhere"))
    assert given["OPTIONS"]["tcp_user_timeout"] == "5000", "what the operator says stands"
    idle, every, count = (
        int(given["OPTIONS"][f"keepalives_{each}"]) for each in ("idle", "interval", "count")
    )
    assert idle + every * count < 30
