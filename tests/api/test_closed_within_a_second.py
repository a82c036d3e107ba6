"""A key that is revoked, expires or loses its project is dead within a second at every door of
every process, and so is a member who is removed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

import grpc
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from runner import web_server
from teams import keys
from teams.deletion import deleting
from teams.models import Membership, Project
from teams.people import members
from tests.api.oauth.granted import token
from tests.server import Piece, WebServer, free_port
from tests.traces.arrivals import member, new_project
from tests.traces.otlp_requests import proto_request, proto_span

pytestmark = pytest.mark.slow

WITHIN_S = 1.0
#: Enough new connections to meet each of the two web processes.
ASKED = 8
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
GRPC_TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
Ask = Callable[[], bool]
#: Ways in by a key. Of metrics nothing is stored: only what a process remembers of a key decides.
KEYED = ("rest", "mcp", "traces", "metrics", "inf", "grpc")


@pytest.fixture
def processes(database_url: str) -> Iterator[tuple[WebServer, int]]:
    """Two web processes, and the one that speaks gRPC."""
    port = free_port()
    environment = {"DATABASE_URL": database_url, "OTLP_GRPC_PORT": str(port)}
    speaking = Piece(web_server.grpc_command(), "grpc", environment)
    with WebServer(database_url, workers=2) as web, speaking:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        grpc.channel_ready_future(channel).result(timeout=30)
        yield web, port


def spans() -> bytes:
    return proto_request(proto_span(trace_id=uuid4().bytes))


def doors(web: WebServer, grpc_port: int, secret: str, *, is_key: bool = True) -> dict[str, Ask]:
    """Ways in, by name; each asks once and says whether it was let in."""
    bearer = {"Authorization": f"Bearer {secret}"}

    def http(method: str, path: str, body: bytes = b"", **headers: str) -> bool:
        connection = HTTPConnection("127.0.0.1", web.port, timeout=20)
        connection.request(method, path, body, bearer | headers)
        status = connection.getresponse().status
        connection.close()
        assert status in {200, 401, 403, 404}, f"{method} {path}: {status}"
        return status == 200

    def mcp() -> bool:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        accept = {"Accept": "application/json, text/event-stream", **JSON}
        return http("POST", "/mcp", json.dumps(call).encode(), **accept)

    def over_grpc() -> bool:
        channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}")
        metadata = [("authorization", f"Bearer {secret}")]
        try:
            channel.unary_unary(GRPC_TRACES)(spans(), timeout=20, metadata=metadata)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAUTHENTICATED:
                raise
            return False
        return True

    both = {"rest": lambda: http("GET", "/api/v1/me"), "mcp": mcp}
    if not is_key:
        return both
    return both | {
        "traces": lambda: http("POST", "/v1/traces", spans(), **PROTOBUF),
        "metrics": lambda: http("POST", "/v1/metrics", b"", **PROTOBUF),
        "inf": lambda: http("GET", "/inf/project.getProjects"),
        "grpc": over_grpc,
    }


def last_let_in_s(ways: dict[str, Ask], close: Callable[[], object]) -> dict[str, float]:
    """Close it, and return by way in how many seconds later somebody was last let in."""
    for name, ask in ways.items():
        assert all(ask() for _ in range(ASKED)), name
    last = dict.fromkeys(ways, 0.0)
    closed_at = time.monotonic()
    close()

    def watch(name: str) -> None:
        refused = 0
        while refused < ASKED or time.monotonic() < closed_at + 2 * WITHIN_S:
            asked_at = time.monotonic()
            if ways[name]():
                last[name], refused = asked_at - closed_at, 0
            else:
                refused += 1
            time.sleep(0.02)

    watching = [threading.Thread(target=watch, args=[name]) for name in ways]
    for thread in watching:
        thread.start()
    for thread in watching:
        thread.join()
    return last


def revoke(project: Project) -> None:
    for key in project.api_keys.all():
        keys.revoke(key, timezone.now())


def let_expire(project: Project) -> None:
    project.api_keys.update(expires_at=timezone.now())


def delete_project(project: Project) -> None:
    deleting.delete_project(project, timezone.now())


def test_a_key_is_dead_within_a_second_everywhere(processes: tuple[WebServer, int]) -> None:
    """Each way has a key of its own: what one way finds out would be known to the others."""
    for close in (revoke, let_expire, delete_project):
        project, ways = new_project(close.__name__), {}
        for way in KEYED:
            _key, secret = keys.issue(project, way, None, now=timezone.now())
            ways[way] = doors(*processes, secret)[way]
        last = last_let_in_s(ways, lambda close=close, project=project: close(project))  # type: ignore[misc]
        assert max(last.values()) < WITHIN_S, (close.__name__, last)


def test_a_removed_member_is_out_within_a_second(processes: tuple[WebServer, int]) -> None:
    project = new_project()
    user = member(project)
    ways = doors(*processes, token(user, project, ("read", "write")), is_key=False)
    ways["page"] = page_of(processes[0], project, user)
    membership = Membership.objects.get(user=user)
    last = last_let_in_s(ways, lambda: members.remove(membership, now=timezone.now()))
    assert max(last.values()) < WITHIN_S, last


def page_of(web: WebServer, project: Project, user: Any) -> Ask:
    client = Client()
    client.force_login(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies['sessionid'].value}"

    def ask() -> bool:
        connection = HTTPConnection("127.0.0.1", web.port, timeout=20)
        connection.request("GET", f"/p/{project.slug}/settings/", headers={"Cookie": cookie})
        status = connection.getresponse().status
        connection.close()
        return status == 200

    return ask


def test_every_door_notes_that_the_key_was_used(processes: tuple[WebServer, int]) -> None:
    for way in set(KEYED) - {"metrics"}:
        key, secret = keys.issue(new_project(way), "ci", None, now=timezone.now())
        assert doors(*processes, secret)[way]()
        key.refresh_from_db()
        assert key.last_used_at is not None, way
        assert key.last_used_at > timezone.now() - timedelta(minutes=1)
