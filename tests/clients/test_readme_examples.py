"""The programs in the README run as they stand there, and their traces arrive."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.clients.fake_model import model_server
from tests.clients.test_foreign_clients import HERE, Traffic, node
from tests.server import WebServer, test_database_url
from traces.models import Agent, Session

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PROGRAM = re.compile(r"^```(python|ts)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    with WebServer(test_database_url()) as server:
        yield Traffic(server.url)


def programs() -> list[str]:
    text = (Path(settings.BASE_DIR) / "README.md").read_text(encoding="utf-8")
    return [program for _language, program in PROGRAM.findall(text)]


def assert_the_refund_question_arrived(traffic: Traffic, answer: str) -> None:
    trace = traffic.trace()
    assert (trace.input_preview, trace.output_preview) == ("May order 1842 be refunded?", answer)
    assert trace.session_id == Session.objects.get().session_id == "conversation-1842"
    agent = Agent.objects.get()
    assert (agent.identity, agent.name) == ("refund-review", "Refund review")


def test_the_program_with_opentelemetry_runs(traffic: Traffic, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    with model_server() as model_url:
        program = programs()[0].replace("OpenAI()", f'OpenAI(base_url="{model_url}", api_key="x")')
        file.write_text(program, encoding="utf-8")
        traffic.run_otel_client(sys.executable, file)
    assert_the_refund_question_arrived(traffic, "I will look that up.")
    assert set(traffic.spans()) == {"refund-review.run", "ChatCompletion"}


def test_the_program_with_catalyst_tracing_runs(traffic: Traffic, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(programs()[1], encoding="utf-8")
    traffic.run_vendor_client(sys.executable, file)
    assert_the_refund_question_arrived(traffic, "Yes, until the 30th.")


def test_the_program_in_typescript_runs(traffic: Traffic, tmp_path: Path) -> None:
    # It has no type annotations, so node reads it as it is; packages are looked for from here.
    (tmp_path / "node_modules").symlink_to(HERE / "node" / "node_modules")
    file = tmp_path / "program.mjs"
    file.write_text(programs()[2], encoding="utf-8")
    traffic.run_vendor_client(node(), file)
    assert_the_refund_question_arrived(traffic, "Yes, until the 30th.")
