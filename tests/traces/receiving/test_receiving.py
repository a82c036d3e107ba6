"""The receiver over real HTTP: who may come in, by which door, and how it answers."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from teams.keys import READ_ONLY_KEY
from teams.models import ApiKey
from tests.traces import log_requests
from tests.traces.otlp_requests import proto_request
from tests.traces.receiving.bad_requests import JSON, PROTOBUF, as_json, good, good_proto
from tests.traces.receiving.served import Served, served
from traces.models import SpanLog

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXPIRED = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Served]:
    with django_db_blocker.unblock(), served() as running:
        yield running


@pytest.fixture(scope="module")
def read_key(server: Served, django_db_blocker: DjangoDbBlocker) -> str:
    """A key that may read only, known to the server."""
    with django_db_blocker.unblock():
        return ApiKey.objects.issue(server.project, "reads", rights="read")[1]


@pytest.fixture(scope="module")
def expired_key(server: Served, django_db_blocker: DjangoDbBlocker) -> str:
    with django_db_blocker.unblock():
        return ApiKey.objects.issue(server.project, "old", expires_at=EXPIRED)[1]


def lands(server: Served, headers: dict[str, str | None], path: str = "/v1/traces") -> bool:
    trace = uuid4()
    body = as_json(good(trace.hex))
    status, _, _ = server.post(body, {"Content-Type": JSON, **headers}, path=path)
    return status == 200 and server.stored(trace) == {1}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/v1/traces", "/api/public/otel/v1/traces", "/otel/v1/traces"])
def test_every_door_takes_spans(server: Served, path: str, slash: str) -> None:
    assert lands(server, {}, path + slash)


def test_a_key_may_come_in_any_usual_header(server: Served) -> None:
    key = server.key
    basic = base64.b64encode(f"pk-public:{key}".encode()).decode()
    assert lands(server, {"Authorization": f"bearer {key}"})
    assert lands(server, {"Authorization": f"Basic {basic}"})
    assert lands(server, {"Authorization": f"Bearer%20{quote(key)}"})
    assert lands(server, {"Authorization": key})
    assert lands(server, {"Authorization": None, "x-api-key": key})
    assert lands(server, {"Authorization": None, "X-API-Key": key})


def test_success_is_an_empty_answer_in_the_encoding_of_the_request(server: Served) -> None:
    trace = uuid4()
    status, headers, body = server.post(as_json(good(trace.hex)), {"Content-Type": JSON})
    assert (status, headers["content-type"], body) == (200, JSON, b"{}")
    packed = proto_request(good_proto(trace.hex, 2))
    status, headers, body = server.post(packed, {"Content-Type": PROTOBUF})
    assert (status, headers["content-type"], body) == (200, PROTOBUF, b"")
    assert server.stored(trace) == {1, 2}


def test_a_browser_may_ask_first(server: Served) -> None:
    status, headers, _ = server.post(b"", {"Authorization": None}, method="OPTIONS")
    assert status == 204
    assert headers["access-control-allow-origin"] == "*"
    assert "authorization" in headers["access-control-allow-headers"]


def test_another_method_is_told_which_one(server: Served) -> None:
    status, headers, _ = server.post(b"", method="GET")
    assert (status, headers["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("path", ["/v1/tracesx", "/v1/", "/otel/v2/traces", "/v1/traces/v1/traces"])
def test_an_address_that_takes_nothing_says_so_to_a_machine(server: Served, path: str) -> None:
    status, headers, body = server.post(b"{}", {"Content-Type": JSON}, path=path)
    assert (status, headers["content-type"]) == (404, JSON)
    assert json.loads(body) == {"code": 5, "message": ANY}
    assert "/v1/traces" in json.loads(body)["message"]


def test_everything_else_goes_to_django(server: Served) -> None:
    status, headers, _ = server.post(b"", {"Authorization": None}, method="GET", path="/v2/traces")
    assert status in (302, 404)
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/v1/metrics", "/api/public/otel/v1/metrics/"])
@pytest.mark.parametrize(("kind", "answer"), [(JSON, b"{}"), (PROTOBUF, b"")])
def test_metrics_are_answered_with_success_and_not_kept(
    server: Served, path: str, kind: str, answer: bytes
) -> None:
    status, headers, body = server.post(b"anything", {"Content-Type": kind}, path=path)
    assert (status, headers["content-type"], body) == (200, kind, answer)
    assert server.post(b"", {"Authorization": "Bearer no"}, path=path)[0] == 401


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics", "/otel/v1/traces"])
@pytest.mark.parametrize("kind", [JSON, PROTOBUF])
def test_every_door_refuses_a_key_that_may_read_only(
    server: Served, read_key: str, path: str, kind: str
) -> None:
    headers = {"Authorization": f"Bearer {read_key}", "Content-Type": kind}
    status, found, body = server.post(b"", headers, path=path)
    assert (status, READ_ONLY_KEY.encode() in body) == (403, True)
    assert "www-authenticate" not in found


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
def test_every_door_tells_an_expired_key_since_when(
    server: Served, expired_key: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {expired_key}", "Content-Type": JSON}
    status, found, body = server.post(b"", headers, path=path)
    assert (status, found["www-authenticate"]) == (401, "Bearer")
    said = "The API key expired on 2026-01-02 at 03:04 UTC. Make a new one"
    assert json.loads(body)["message"].startswith(said)


def test_the_use_of_a_key_is_noted(server: Served) -> None:
    assert lands(server, {})
    used = ApiKey.objects.get(project=server.project, name="tests").last_used_at
    assert used is not None
    assert timezone.now() - used < timedelta(minutes=5)


def test_a_sender_that_hangs_up_costs_nothing(server: Served) -> None:
    head = (
        f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 100000\r\n\r\n"
    )
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head.encode() + b'{"resourceSpans":')
    assert lands(server, {})


def test_a_trace_id_is_kept_as_it_was_sent(server: Served) -> None:
    trace = UUID(hex="00000000000000000000000000abcdef")
    server.post(as_json(good(trace.hex)), {"Content-Type": JSON})
    assert server.stored(trace) == {1}


@pytest.mark.parametrize(
    "path", ["/v1/logs", "/v1/logs/", "/api/public/otel/v1/logs", "/otel/v1/logs"]
)
@pytest.mark.parametrize("encode", [log_requests.as_json, log_requests.as_protobuf])
def test_every_door_for_logs_keeps_the_events_of_spans(
    server: Served, path: str, encode: Callable[..., bytes]
) -> None:
    trace = uuid4()
    log = log_requests.log("gen_ai.user.message", {"content": "Hi"}) | {"trace_id": trace.hex}
    other = log_requests.log("", "an ordinary line")
    kind = JSON if encode is log_requests.as_json else PROTOBUF
    headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
    status, _, answer = server.post(gzip.compress(encode(log)), headers, path=path)
    assert (status, answer) == (200, b"{}" if kind == JSON else b"")
    assert SpanLog.objects.filter(project_id=server.project.pk, trace_id=trace).count() == 1
    status, _, answer = server.post(encode(log, other), {"Content-Type": kind}, path=path)
    assert status == 200
    assert b"1 log records are not kept" in answer
    assert SpanLog.objects.filter(project_id=server.project.pk, trace_id=trace).count() == 1
