"""/healthz and /readyz of the real server, over a database that freezes and a worker that dies."""

from __future__ import annotations

import http.client
import json
import signal
import time
from contextlib import suppress
from typing import Any

import psutil
import pytest

from runner.health.checks import Check
from runner.health.watching import Watch
from runner.postgres import process
from runner.postgres.server import EmbeddedDatabase
from tests.server import WebServer, Worker, own_database, wait_until


def ask(
    server: WebServer, path: str, method: str = "GET", host: str = "127.0.0.1"
) -> tuple[int, str]:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        client.request(method, path, headers={"Host": host})
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def bad_checks(server: WebServer) -> set[str]:
    status, body = ask(server, "/readyz")
    told: dict[str, Any] = json.loads(body)
    assert told["ready"] is (status == 200)
    return {name for name, each in told["checks"].items() if each["ok"] is False}


def freeze(database: EmbeddedDatabase, number: signal.Signals) -> None:
    pid = process.running_pid(database.folder)
    assert pid
    server = psutil.Process(pid)
    for each in (server, *server.children()):
        with suppress(psutil.NoSuchProcess):
            each.send_signal(number)


@pytest.mark.slow
def test_the_doors_of_a_real_server() -> None:
    stale = {"WORKER_STALE_S": "5"}
    with own_database() as database, WebServer(database.url, environment=stale) as server:
        assert ask(server, "/healthz") == (200, "ok\n")
        assert ask(server, "/healthz", host="anything.example")[0] == 200
        assert ask(server, "/healthz", "HEAD") == (200, "")
        assert ask(server, "/readyz", "POST")[0] == 405
        assert bad_checks(server) == {"worker"}
        with Worker(database.url, stale):
            wait_until(lambda: not bad_checks(server), 40, "it is ready")
            freeze(database, signal.SIGSTOP)
            try:
                time.sleep(1.2)  # what was asked before is forgotten
                began = time.monotonic()
                assert "database" in bad_checks(server)
                assert time.monotonic() - began < 3
                assert "database" in bad_checks(server), "and goes on saying so"
                assert ask(server, "/healthz")[0] == 200
            finally:
                freeze(database, signal.SIGCONT)
            wait_until(lambda: not bad_checks(server), 40, "it is ready again")
        wait_until(lambda: bad_checks(server) == {"worker"}, 20, "the worker is missed")
        database.stop()
        wait_until(lambda: "database" in bad_checks(server), 10, "the database is missed")
        assert ask(server, "/healthz")[0] == 200
        assert server.output().count("not ready") <= 5
        database.start()


def test_a_round_that_hangs_is_answered_without_it() -> None:
    rounds: list[float] = []

    def hang() -> list[Check]:
        rounds.append(time.monotonic())
        time.sleep(1)
        return [Check("disk", "Disk", True, "Well.")]

    watch = Watch(hang, patience_s=0.1)
    assert watch.look()[0].is_good is False
    assert watch.look()[0].is_good is False
    assert len(rounds) == 1, "nobody begins a second one beside it"
    wait_until(lambda: [each.name for each in watch.look()] == ["disk"], 3, "what it found")


def test_a_fault_of_the_checks_is_no_readiness() -> None:
    def break_down() -> list[Check]:
        raise RuntimeError("of ours")

    assert Watch(break_down).look()[0].is_good is False
