"""Every bad request gets its answer from the real server, and costs no sound span."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from pytest_django.plugin import DjangoDbBlocker

from tests.traces.receiving.bad_requests import CASES, JSON, MAX_BYTES, MAX_SPANS, PROTOBUF, Case
from tests.traces.receiving.served import Served, served

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Served]:
    bounds = {"INGEST_MAX_BYTES": str(MAX_BYTES), "INGEST_MAX_SPANS": str(MAX_SPANS)}
    with django_db_blocker.unblock(), served(bounds) as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_request_gets_its_answer(server: Served, case: Case) -> None:
    headers = {"Content-Type": case.kind, **case.headers}
    body = case.body(case.trace)
    status, found, answer = server.post(
        body, headers, method=case.method, path=case.path, chunked=case.chunked
    )
    assert status == case.status, answer
    if case.method != "GET":
        assert found["content-type"] == (PROTOBUF if case.kind == PROTOBUF else JSON)
    rejected, message = read_answer(answer, found["content-type"], status)
    assert rejected == case.rejected, message
    assert case.says in message
    assert message or not rejected
    assert server.stored(UUID(hex=case.trace)) == set(case.good)


def read_answer(answer: bytes, kind: str, status: int) -> tuple[int, str]:
    """(rejected spans, what the answer says)"""
    if kind == PROTOBUF:
        if status != 200:
            return 0, answer.decode("utf-8", "replace")
        partial = ExportTraceServiceResponse.FromString(answer).partial_success
        return partial.rejected_spans, partial.error_message
    said = json.loads(answer)
    if status != 200:
        assert set(said) == {"code", "message"}
        return 0, str(said["message"])
    told = said.get("partialSuccess", {})
    return int(told.get("rejectedSpans", "0")), str(told.get("errorMessage", ""))


def test_the_corpus_is_large_and_each_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


def test_the_server_is_well_after_all_of_it(server: Served) -> None:
    assert server.post(b"{}", {"Content-Type": JSON})[0] == 200
    assert "Traceback" not in server.server.output()
