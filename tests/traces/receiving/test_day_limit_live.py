"""A full day over real sockets: by HTTP and by gRPC, with the exporters that people use."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as ByGrpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from runner import web_server
from teams.models import ApiKey
from tests.server import Piece, free_port, test_database_url
from tests.traces.making import a_project
from tests.traces.otlp_requests import proto_request, proto_span
from tests.traces.receiving.bad_requests import PROTOBUF
from tests.traces.receiving.served import served
from traces.models import Span, TeamDay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LIMIT = {"TEAM_SPANS_PER_DAY": "3"}
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def two_spans() -> bytes:
    trace: UUID = uuid4()
    spans = (proto_span(trace_id=trace.bytes, span_id=n.to_bytes(8, "big")) for n in (1, 2))
    return proto_request(*spans)


def a_span() -> list[ReadableSpan]:
    span: Any = TracerProvider().get_tracer("tests").start_span("one too many")
    span.end()
    return [span]


def test_over_http_the_answer_is_429_with_retry_after_and_what_was_accepted_is_there() -> None:
    kind: dict[str, str | None] = {"Content-Type": PROTOBUF}
    with served(LIMIT) as server:
        answers = [server.post(two_spans(), kind) for _ in range(4)]
        assert [status for status, _headers, _body in answers] == [200, 200, 429, 429]
        _status, headers, body = answers[-1]
        assert 0 < int(headers["retry-after"]) <= 86_400
        assert b"3 spans of this day" in body
        endpoint = f"http://127.0.0.1:{server.port}/v1/traces"
        exporter = ByHttp(endpoint, headers={"authorization": f"Bearer {server.key}"})
        assert exporter.export(a_span()) is SpanExportResult.FAILURE
        assert Span.objects.filter(project_id=server.project.pk).count() == 4
        team_id = server.project.team_id
    assert TeamDay.objects.get(team_id=team_id).spans == 4, "the process wrote it when it ended"


def test_over_grpc_the_answer_is_resource_exhausted_and_what_was_accepted_is_there() -> None:
    port, project = free_port(), a_project()
    key = ApiKey.objects.issue(project, "tests")[1]
    environment = {"DATABASE_URL": test_database_url(), "OTLP_GRPC_PORT": str(port), **LIMIT}
    bearer = {"authorization": f"Bearer {key}"}
    with Piece(web_server.grpc_command(), "grpc", environment):
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        grpc.channel_ready_future(channel).result(timeout=30)
        send = channel.unary_unary(TRACES)
        for _ in range(2):
            assert send(two_spans(), timeout=20, metadata=list(bearer.items())) == b""
        with pytest.raises(grpc.RpcError) as refused:
            send(two_spans(), timeout=20, metadata=list(bearer.items()))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "3 spans of this day" in refused.value.details()
        exporter = ByGrpc(endpoint=f"http://127.0.0.1:{port}", headers=bearer, timeout=5)
        assert exporter.export(a_span()) is SpanExportResult.FAILURE
        assert Span.objects.filter(project_id=project.pk).count() == 4
        channel.close()
