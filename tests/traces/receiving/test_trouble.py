"""Trouble on our side is 503, said quickly, and costs no span that is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from teams.models import ApiKey
from tests.traces.making import a_project, trace_id
from tests.traces.receiving.bad_requests import JSON, as_json, good
from tests.traces.settling.test_settling import connection_words
from traces.ingest.writer import write
from traces.models import Span
from traces.receiving import intake, storing
from traces.receiving.pool import connection_words as pool_words
from traces.receiving.receiver import Receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def key() -> str:
    return ApiKey.objects.issue(a_project(), "tests")[1]


@contextmanager
def a_receiver(**words: Any) -> Iterator[Receiver]:
    receiver = Receiver(**words)
    try:
        yield receiver
    finally:
        receiver.close()


async def ask(receiver: Receiver, key: str, body: bytes) -> tuple[int, dict[bytes, bytes]]:
    """(status, headers) of one request, without a server in between."""
    scope = {
        "method": "POST",
        "path": "/v1/traces",
        "headers": [(b"Authorization", f"Bearer {key}".encode()), (b"Content-Type", JSON.encode())],
    }
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    await receiver(scope, receive, send)
    return answers[0]["status"], dict(answers[0]["headers"])


def post(receiver: Receiver, key: str, body: bytes) -> tuple[int, dict[bytes, bytes]]:
    return asyncio.run(ask(receiver, key, body))


def test_a_database_that_is_down_is_503_and_the_same_batch_lands_later(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = as_json(good(uuid4().hex))
    with a_receiver() as receiver:
        with monkeypatch.context() as patch:
            words = pool_words() | {"port": 1, "host": "127.0.0.1"}
            patch.setattr("traces.receiving.pool.connection_words", lambda: words)
            patch.setattr("traces.receiving.pool.WAIT_S", 0.5)
            status, headers = post(receiver, key, body)
        assert (status, headers[b"retry-after"]) == (503, b"2")
        assert Span.objects.count() == 0
    with a_receiver() as receiver:
        assert post(receiver, key, body)[0] == 200
    assert Span.objects.count() == 1


def test_connections_that_died_while_they_lay_idle_cost_nothing(key: str) -> None:
    with a_receiver() as receiver:
        assert post(receiver, key, as_json(good(uuid4().hex)))[0] == 200
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert post(receiver, key, as_json(good(uuid4().hex)))[0] == 200
    assert Span.objects.count() == 2


def test_a_batch_that_meets_a_deadlock_is_tried_again(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def write_at_the_second_try(*words: Any) -> None:
        calls.append(words)
        if len(calls) == 1:
            raise psycopg.errors.DeadlockDetected

    monkeypatch.setattr(storing, "write", write_at_the_second_try)
    with a_receiver() as receiver:
        assert post(receiver, key, as_json(good(uuid4().hex)))[0] == 200
    assert len(calls) == 2


def test_too_many_waiting_requests_are_sent_back_at_once(key: str) -> None:
    with a_receiver(threads=1, max_waiting=2, max_wait_s=30) as receiver:
        statuses = asyncio.run(ask_together(receiver, key, 5))
    assert sorted(statuses) == [200, 200, 503, 503, 503]
    assert Span.objects.count() == 2


def test_a_request_does_not_wait_for_ever(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traces.receiving.pool.LOCK_TIMEOUT_MS", 800)
    body = as_json(good(trace_id(5).hex))
    with a_receiver(threads=1, max_wait_s=0.3) as receiver:
        assert post(receiver, key, body)[0] == 200
        later = as_json(good(trace_id(5).hex, 2))
        with held_trace():
            statuses = asyncio.run(ask_while_held(receiver, key, later))
    assert statuses == [503, 503]
    assert Span.objects.count() == 1


@contextmanager
def held_trace() -> Iterator[None]:
    with psycopg.connect(**connection_words()) as other:
        other.execute("SELECT 1 FROM trace FOR UPDATE")
        yield


async def ask_together(receiver: Receiver, key: str, count: int) -> list[int]:
    answers = await asyncio.gather(
        *(ask(receiver, key, as_json(good(uuid4().hex))) for _ in range(count))
    )
    return [status for status, _ in answers]


async def ask_while_held(receiver: Receiver, key: str, body: bytes) -> list[int]:
    """One request holds the only thread until its lock times out, the other waits behind."""
    answers = await asyncio.gather(ask(receiver, key, body), ask(receiver, key, body))
    assert {headers[b"retry-after"] for _, headers in answers} == {b"1", b"2"}
    return [status for status, _ in answers]


def test_a_fault_with_one_trace_does_not_cost_the_others(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = uuid4()
    real = write

    def write_but_one(raw: Any, project_id: int, records: list[Any], *words: Any) -> Any:
        if any(record.trace_id == bad.bytes for record in records):
            raise psycopg.DataError("a fault of ours")
        return real(raw, project_id, records, *words)

    monkeypatch.setattr(storing, "write", write_but_one)
    body = as_json(good(bad.hex), *(good(uuid4().hex) for _ in range(4)))
    with a_receiver() as receiver:
        assert post(receiver, key, body)[0] == 200
        assert Span.objects.count() == 4
        assert post(receiver, key, as_json(good(bad.hex)))[0] == 503


def test_a_body_that_does_not_come_is_503(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_S", 0.2)
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    with a_receiver() as receiver:
        scope = {
            "method": "POST",
            "path": "/v1/traces",
            "headers": [(b"x-api-key", key.encode()), (b"content-type", JSON.encode())],
        }
        asyncio.run(receiver(scope, receive, send))
    assert answers[0]["status"] == 503
    assert (b"connection", b"close") in answers[0]["headers"]
