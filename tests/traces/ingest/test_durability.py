"""An accepted span is a durable span: kill -9 after the answer loses nothing."""

from __future__ import annotations

import os
import signal
import threading
from uuid import UUID, uuid4

import psutil
import pytest

from teams.models import ApiKey
from tests.server import WebServer
from tests.traces.making import a_project
from tests.traces.otlp_requests import proto_request
from tests.traces.receiving.bad_requests import PROTOBUF, good_proto
from tests.traces.receiving.served import Served
from traces.models import Span, Trace

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_every_span_answered_before_a_kill_is_there_after_it(database_url: str) -> None:
    project = a_project()
    key = ApiKey.objects.issue(project, "tests")[1]
    accepted: list[UUID] = []
    with WebServer(database_url) as server:
        served = Served(server.port, project, key, server)
        words = (served, accepted)
        senders = [threading.Thread(target=send_until_dead, args=words) for _ in range(3)]
        for sender in senders:
            sender.start()
        while len(accepted) < 100:
            assert any(sender.is_alive() for sender in senders)
        kill_all(server.pid)
        for sender in senders:
            sender.join(timeout=30)
    found = dict(Trace.objects.filter(trace_id__in=accepted).values_list("trace_id", "span_count"))
    assert found == dict.fromkeys(accepted, 20)
    stored = Span.objects.filter(project_id=project.pk).count()
    assert stored % 20 == 0
    assert stored >= 20 * len(accepted)


def send_until_dead(served: Served, accepted: list[UUID]) -> None:
    while True:
        trace = uuid4()
        body = proto_request(*(good_proto(trace.hex, number) for number in range(1, 21)))
        try:
            status, _, _ = served.post(body, {"Content-Type": PROTOBUF})
        except OSError:
            return
        assert status == 200
        accepted.append(trace)


def kill_all(pid: int) -> None:
    """kill -9 for the server and its worker processes, in one go."""
    family = [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]
    for process in family:
        os.kill(process.pid, signal.SIGKILL)
