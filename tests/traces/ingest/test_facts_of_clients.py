"""Session, user, tokens, cost and failure of what genuine clients sent, from the wire to the rows.

The bodies stand in tests/data/client-cases; SOURCES.md there says where they are from.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from core.time_range.unix_time import moment_of
from teams.models import Project
from tests.traces.making import a_project, send, settle
from tests.traces.otlp_requests import decode_json
from traces.models import AgentTrace, Trace

CASES = Path(__file__).parents[2] / "data" / "client-cases"

pytestmark = pytest.mark.django_db


def landed(name: str) -> tuple[Project, Trace]:
    """The only trace of a case, settled."""
    project = a_project()
    records = decode_json(json.loads((CASES / f"{name}.json").read_text())).spans
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    send(project, *records, now=now)
    settle(now + timedelta(hours=1))
    return project, Trace.objects.get(project_id=project.pk)


def test_the_session_that_logfire_scrubbed_is_that_of_the_conversation_below() -> None:
    _, trace = landed("F_logfire_scrubbed_session")
    assert trace.session_id == "01a21ab1-ba68"


def test_a_run_of_langsmith_that_ended_in_an_exception_failed() -> None:
    _, trace = landed("J_langsmith_error_with_status_ok")
    assert (trace.is_error, trace.error_count) == (True, 2)


def test_a_run_failed_when_its_agent_did_whatever_the_workflow_around_it_says() -> None:
    project, trace = landed("L_openai_agents_failed_run")
    assert trace.is_error
    assert AgentTrace.objects.get(project_id=project.pk).is_error


def test_litellm_tells_the_user_and_the_cost() -> None:
    _, trace = landed("N_litellm_otel")
    assert trace.user_id == "user-7"
    assert trace.cost_usd == pytest.approx(2.4e-05)


def test_cached_and_reasoning_tokens_of_langfuse_are_part_of_the_sums() -> None:
    _, trace = landed("S_langfuse_usage_cached_and_reasoning")
    assert (trace.input_tokens, trace.output_tokens) == (120, 18)


def test_session_and_user_of_mastra_stand_in_its_metadata() -> None:
    _, trace = landed("T_mastra")
    assert (trace.session_id, trace.user_id) == ("caseT", "user-7")
