"""OTLP over gRPC takes what HTTP takes, and says in gRPC's codes what went wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import grpc
import pytest
from django.utils import timezone
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pytest_django.plugin import DjangoDbBlocker

from runner import web_server
from teams.keys import READ_ONLY_KEY
from teams.models import ApiKey, Project
from tests.server import Piece, free_port, test_database_url, wait_until
from tests.traces import log_requests
from tests.traces.making import a_project
from tests.traces.otlp_requests import proto_request, proto_span
from traces.models import Span, SpanLog, Trace
from traces.receiving import grpc_service
from traces.receiving.intake import Intake
from traces.receiving.pool import connection_words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
MAX_BYTES = 100_000


class Door:
    """A project and a process that takes its spans; `ask` is one call."""

    def __init__(self, project: Project, key: str, port: int) -> None:
        self.project, self.key, self.port = project, key, port
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")

    def ask(self, method: str, message: bytes, **metadata: str) -> bytes:
        given = metadata or {"authorization": f"Bearer {self.key}"}
        pairs = [(key.replace("_", "-"), value) for key, value in given.items()]
        answer: bytes = self.channel.unary_unary(method)(message, timeout=20, metadata=pairs)
        return answer

    def refused(self, method: str, message: bytes, **metadata: str) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.RpcError) as error:
            self.ask(method, message, **metadata)
        return error.value.code(), error.value.details()


@pytest.fixture(scope="module")
def process(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    port = free_port()
    with django_db_blocker.unblock():
        environment = {
            "DATABASE_URL": test_database_url(),
            "OTLP_GRPC_PORT": str(port),
            "INGEST_MAX_BYTES": str(MAX_BYTES),
        }
    with Piece(web_server.grpc_command(), "grpc", environment) as running:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        try:
            grpc.channel_ready_future(channel).result(timeout=30)
        except grpc.FutureTimeoutError:
            raise AssertionError(running.output()) from None
        yield port


@pytest.fixture
def door(process: int) -> Door:
    project = a_project()
    return Door(project, ApiKey.objects.issue(project, "tests")[1], process)


def one_span(trace: UUID) -> bytes:
    return proto_request(proto_span(trace_id=trace.bytes))


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_the_genuine_exporter_delivers(door: Door, compression: grpc.Compression) -> None:
    exporter = OTLPSpanExporter(
        endpoint=f"http://127.0.0.1:{door.port}",
        headers={"authorization": f"Bearer {door.key}"},
        compression=compression,
    )
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("tests").start_as_current_span("by grpc"):
        pass
    provider.shutdown()
    assert Span.objects.get(project_id=door.project.pk).name == "by grpc"


def test_an_accepted_span_is_stored_and_a_bad_one_counted(door: Door) -> None:
    assert door.ask(TRACES, one_span(uuid4())) == b""
    good, bad = proto_span(trace_id=uuid4().bytes), proto_span(trace_id=b"short")
    answer = ExportTraceServiceResponse.FromString(door.ask(TRACES, proto_request(good, bad)))
    assert answer.partial_success.rejected_spans == 1
    assert "span 1" in answer.partial_success.error_message
    assert Span.objects.filter(project_id=door.project.pk).count() == 2


def test_events_and_metrics_have_their_services_too(door: Door) -> None:
    log = log_requests.log("gen_ai.user.message", {"content": "Hi"})
    assert door.ask(LOGS, log_requests.as_protobuf(log)) == b""
    assert SpanLog.objects.filter(project_id=door.project.pk).count() == 1
    assert door.ask(METRICS, b"") == b""


def test_a_key_may_come_as_x_api_key(door: Door) -> None:
    assert door.ask(TRACES, b"", x_api_key=door.key) == b""


def test_what_is_wrong_is_said_in_codes_of_grpc(door: Door) -> None:
    code = grpc.StatusCode
    unknown = door.refused(TRACES, b"", authorization="Bearer sk-signals-no")
    assert (unknown[0], "not known" in unknown[1]) == (code.UNAUTHENTICATED, True)
    assert door.refused(TRACES, b"", other="x")[0] == code.UNAUTHENTICATED
    assert door.refused(TRACES, b"\x0a\xff")[0] == code.INVALID_ARGUMENT
    too_large = door.refused(TRACES, bytes(MAX_BYTES + 1))
    assert (too_large[0], f"{MAX_BYTES}" in too_large[1]) == (code.RESOURCE_EXHAUSTED, True)
    elsewhere = door.refused("/some.Service/Call", b"")
    assert (elsewhere[0], "/v1/traces" in elsewhere[1]) == (code.UNIMPLEMENTED, True)
    assert not Trace.objects.filter(project_id=door.project.pk).exists()


@pytest.mark.parametrize("method", [TRACES, LOGS, METRICS])
def test_a_key_that_may_not_write_or_has_expired_is_told_so(door: Door, method: str) -> None:
    expired = timezone.now() - timedelta(minutes=5)
    reads = ApiKey.objects.issue(door.project, "reads", rights="read")[1]
    old = ApiKey.objects.issue(door.project, "old", expires_at=expired)[1]
    refused = door.refused(method, b"", authorization=f"Bearer {reads}")
    assert refused == (grpc.StatusCode.PERMISSION_DENIED, READ_ONLY_KEY)
    code, message = door.refused(method, b"", authorization=f"Bearer {old}")
    assert code == grpc.StatusCode.UNAUTHENTICATED
    assert message.startswith(f"The API key expired on {expired:%Y-%m-%d at %H:%M} UTC.")


def test_a_made_up_key_is_refused_before_its_message_comes(door: Door) -> None:
    over = threading.Event()

    def messages() -> Iterator[bytes]:
        over.wait(30)
        yield b""

    metadata = [("authorization", "Bearer sk-signals-no")]
    call = door.channel.stream_unary(TRACES).future(messages(), timeout=20, metadata=metadata)
    try:
        wait_until(call.done, 5, "the call is refused")
        assert call.code() == grpc.StatusCode.UNAUTHENTICATED
    finally:
        over.set()


def test_a_database_that_is_down_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    words = connection_words() | {"port": 1, "host": "127.0.0.1"}
    monkeypatch.setattr("traces.receiving.pool.connection_words", lambda: words)
    monkeypatch.setattr("traces.receiving.pool.WAIT_S", 0.5)

    async def ask() -> grpc.StatusCode:
        intake, port = Intake(), free_port()
        server = await grpc_service.listen(f"127.0.0.1:{port}", intake)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                metadata = (("authorization", "Bearer sk-signals-any"),)
                await channel.unary_unary(TRACES)(b"", timeout=20, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                return error.code()
            finally:
                await server.stop(None)
                intake.close()
        raise AssertionError

    assert asyncio.run(ask()) == grpc.StatusCode.UNAVAILABLE
